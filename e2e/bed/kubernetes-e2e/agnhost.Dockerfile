# The test pods of other people's suites, under the names these suites ask for. BASE is a Debian with the packages in ./packages;
# the build context also gets agnhost (the binary) and the certificate its porter serves by.
ARG BASE=tweed/bed-agnhost-base:dev
FROM ${BASE}
COPY localhost.crt localhost.key /
COPY agnhost /usr/lib/agnhost/agnhost
COPY agnhost.sh /agnhost
# Suites take the tools of a busybox for granted (wget).
RUN for tool in $(busybox --list); do command -v "$tool" >/dev/null || ln -s "$(command -v busybox)" "/usr/local/bin/$tool"; done \
 && mkdir /uploads
EXPOSE 80 8080 8081 9376 5000
ENTRYPOINT ["/agnhost"]
CMD ["pause"]
