# The node of the docker driver: one static program and nothing else.
# The build context is the folder bin: docker build -f Dockerfile bin
FROM scratch
COPY seatrial-reference /seatrial-reference
VOLUME /var/lib/seatrial
ENTRYPOINT ["/seatrial-reference"]
