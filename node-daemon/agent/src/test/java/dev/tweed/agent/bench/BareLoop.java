package dev.tweed.agent.bench;

import dev.tweed.dataplane.plan.TunnelFilter;
import dev.tweed.dataplane.plan.TunnelFilterCompiler;
import dev.tweed.ip.IpAddress;
import dev.tweed.ip.IpPrefix;
import dev.tweed.netlink.FdbEntry;
import dev.tweed.netlink.MacAddress;
import dev.tweed.netlink.Neighbour;
import dev.tweed.netlink.NextHopObject;
import dev.tweed.netlink.Route;
import dev.tweed.netlink.RouteProtocol;
import dev.tweed.netlink.RtRequest;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.socket.NfTablesSocket;
import dev.tweed.netlink.socket.RtnetlinkSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What every daemon has to do for a new peer, and nothing else: it reads the event and writes what
 * the kernel has to know, unseen and unchecked.
 */
final class BareLoop implements AutoCloseable {
  private static final RouteProtocol PROTOCOL = new RouteProtocol(116);
  private static final int FIRST_NEXT_HOP = 0x7400_0000;
  private static final Pattern PEER =
      Pattern.compile(
          ".*\"cidr\":\"([^\"]*)\",\"nodeIPs\":\\[\"([^\"]*)\"\\],\"vtepMAC\":\"([^\"]*)\".*");

  private final Socket socket;
  private final RtnetlinkSocket netlink;
  private final NfTables tables = new NfTablesSocket();
  private final int device;
  private int peers;

  /**
   * Called in the network namespace it writes to, which gets its tunnel.
   *
   * @param socket to the server, on which events come
   */
  BareLoop(Socket socket, String path) throws IOException {
    this.socket = socket;
    this.netlink = RtnetlinkSocket.open();
    netlink.execute(
        List.of(
            new RtRequest.LinkCreateVxlan(
                "bare", new MacAddress(0x02_ff_00_00_00_01L), 1450, 1, 8472, local(), 0),
            RtRequest.LinkSet.of("bare").withUp(true)));
    this.device = netlink.link("bare").orElseThrow().index();
    tables.execute(TunnelFilterCompiler.replacement(new TunnelFilter(8472, 1, Set.of())));
    socket
        .getOutputStream()
        .write(
            ("GET " + path + "?watch=true HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  private static IpAddress local() {
    return IpAddress.parse("127.0.0.1");
  }

  /** Brings in these at once, as a start would. */
  void add(List<String> objects) {
    List<RtRequest> requests = new ArrayList<>();
    Set<IpAddress> addresses = new java.util.HashSet<>();
    objects.forEach(object -> requests(object, requests, addresses));
    execute(requests, addresses);
  }

  /** Follows events until the connection ends. */
  void run() throws IOException {
    BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("{")) {
        add(List.of(line));
      }
    }
  }

  private void requests(String object, List<RtRequest> requests, Set<IpAddress> addresses) {
    Matcher peer = PEER.matcher(object);
    if (!peer.find()) {
      throw new IllegalArgumentException(object);
    }
    IpPrefix block = IpPrefix.parse(peer.group(1));
    IpAddress address = IpAddress.parse(peer.group(2));
    MacAddress mac = MacAddress.parse(peer.group(3));
    long id = FIRST_NEXT_HOP + peers++;
    addresses.add(address);
    requests.add(new RtRequest.FdbReplace(FdbEntry.permanent(device, mac, address)));
    requests.add(new RtRequest.NeighbourReplace(Neighbour.permanent(device, block.address(), mac)));
    requests.add(
        new RtRequest.NextHopReplace(
            NextHopObject.via(id, block.address(), device, PROTOCOL).withOnlink()));
    requests.add(
        new RtRequest.RouteAdd(
            Route.via(block, block.address(), device, PROTOCOL).withOnlink().withNextHop(id)));
  }

  private void execute(List<RtRequest> requests, Set<IpAddress> addresses) {
    tables.execute(TunnelFilterCompiler.addition(addresses));
    if (!netlink.execute(requests).isOk()) {
      throw new IllegalStateException("the kernel refuses a peer");
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
    netlink.close();
    tables.close();
  }
}
