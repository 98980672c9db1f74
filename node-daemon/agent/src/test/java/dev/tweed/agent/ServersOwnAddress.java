package dev.tweed.agent;

import dev.tweed.crds.testing.ApiServer;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;

/** EndpointSlice default/kubernetes, which the test's API server does not write by itself. */
public final class ServersOwnAddress implements AutoCloseable {

  private final ApiServer server;
  private final EndpointSlice slice;

  /** Names an address of this host's that is not of loopback; the server listens on all. */
  public ServersOwnAddress(ApiServer server) throws SocketException {
    this.server = server;
    this.slice =
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withNamespace("default")
            .withName("kubernetes")
            .endMetadata()
            .withAddressType("IPv4")
            .addNewEndpoint()
            .withAddresses(address().getHostAddress())
            .endEndpoint()
            .addNewPort()
            .withName("https")
            .withPort(URI.create(server.config().getMasterUrl()).getPort())
            .endPort()
            .build();
    server.admin().resource(slice).create();
  }

  private static InetAddress address() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(Inet4Address.class::isInstance)
        .filter(a -> !a.isLoopbackAddress() && !a.isLinkLocalAddress())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("this host has loopback addresses only"));
  }

  @Override
  public void close() {
    server.admin().resource(slice).delete();
  }
}
