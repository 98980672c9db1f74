# The test pods of other people's suites, under the names these suites ask for. BASE is a Debian with the packages in ./packages;
# the build context also gets agnhost (the binary) and the certificate its porter serves by.
ARG BASE=tweed/bed-agnhost-base:dev
FROM ${BASE}
COPY localhost.crt localhost.key /
COPY agnhost /usr/lib/agnhost/agnhost
COPY agnhost.sh /agnhost
RUN mkdir /uploads
EXPOSE 80 8080 8081 9376 5000
ENTRYPOINT ["/agnhost"]
CMD ["pause"]
