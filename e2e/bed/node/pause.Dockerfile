FROM scratch
COPY probe /probe
ENTRYPOINT ["/probe", "pause"]
