# The node of the docker driver: one static program and nothing else. Both the
# classic builder and BuildKit build it; the context needs only two files:
#   tar -cC bin seatrial-reference -C .. Dockerfile | docker build -t seatrial/node -
FROM scratch
COPY seatrial-reference /seatrial-reference
VOLUME /var/lib/seatrial
EXPOSE 6443
ENTRYPOINT ["/seatrial-reference"]
CMD ["all-in-one", "--in-container"]
