package dev.tweed.agent.firewall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.agent.cluster.ClusterView;
import dev.tweed.agent.cluster.NodeRecord;
import dev.tweed.agent.cluster.PolicyRecord;
import dev.tweed.agent.cluster.YamlViews;
import dev.tweed.agent.status.FirewallStatus;
import dev.tweed.crds.NodeReportStatus.PolicyState;
import dev.tweed.netlink.testing.Needs;
import dev.tweed.netlink.testing.Netns;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;

/**
 * A node whose iptables deny what comes in, a peer that a policy lets in, and a stranger. Whatever
 * the stranger does while policies change (ports it knocks on, sockets of programs on the node,
 * bans of it that come and go), rules in force stay where they are, and no packet of the peer is
 * lost, each of which needs the rules: it has a source port of its own.
 */
@Tag("kernel")
class FirewallStrangerPropertiesTest {

  private static final int STEPS = Integer.getInteger("tweed.simulation.steps", 120);

  private static final String NODE = "192.0.2.1";
  private static final String PEER = "192.0.2.2";
  private static final String NODE_OUTSIDE = "198.51.100.1";
  private static final int SERVICE = 7000;
  private static final int[] TEMPTING = {22, 2379, 6443, 8472, 10250};
  private static final String BANS =
      """
      iptables-nft -N f2b-sshd; iptables-nft -A f2b-sshd -j RETURN
      iptables-nft -I INPUT -p tcp -m multiport --dports 22 -j f2b-sshd
      """;
  private static final String BOUNCER =
      """
      nft 'add table ip crowdsec; add set ip crowdsec blacklist { type ipv4_addr; };
        add chain ip crowdsec in { type filter hook input priority -10; };
        add rule ip crowdsec in ip saddr @blacklist drop'
      """;

  @Property(tries = 1, edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.OFF)
  void rulesInForceStayWhateverAStrangerDoes(@ForAll long seed) throws Exception {
    Needs.program("/usr/sbin/iptables-nft", "iptables");
    Needs.program("/usr/sbin/nft", "nftables");
    try (World world = new World(new Random(seed))) {
      world.sync();
      world.startPeer();
      for (int step = 0; step < STEPS; step++) {
        world.step();
        world.sync();

        assertThat(world.told.firewall().backend()).isEqualTo("iptables");
        assertThat(world.told.policies()).extracting(PolicyState::applied).containsOnly(true);
        assertThat(world.repaired).hasValue(0);
      }
      world.stopPeer();

      assertThat(world.lines("iptables-nft -S TWEED-INPUT"))
          .filteredOn(line -> line.contains("tweed:policy/service/"))
          .hasSize(4);
      assertThat(world.sent).hasPositiveValue();
      assertThat(world.received).hasValue(world.sent.get());
      assertThat(world.ofStrangers).hasValue(0);
    }
  }

  private static final class World implements AutoCloseable {
    final AtomicInteger repaired = new AtomicInteger();
    final AtomicInteger sent = new AtomicInteger();
    final AtomicInteger received = new AtomicInteger();
    final AtomicInteger ofStrangers = new AtomicInteger();
    FirewallStatus told;

    private final Random random;
    private final Netns node = Netns.open();
    private final Netns peer = Netns.open();
    private final Netns stranger = Netns.open();
    private final Path root = Files.createTempDirectory("firewall-stranger");
    private final FirewallSync sync;
    private final FirewallHost.Watching watching;
    private final Deque<Closeable> sockets = new ArrayDeque<>();
    private final List<String> banned = new ArrayList<>();
    private final AtomicBoolean going = new AtomicBoolean(true);
    private final List<Thread> threads = new ArrayList<>();
    private DatagramSocket service;
    private boolean bans;
    private boolean bouncer;
    private int generation = 1;

    World(Random random) throws IOException {
      this.random = random;
      connect(peer, "near", NODE, PEER);
      connect(stranger, "far", NODE_OUTSIDE, "198.51.100.2");
      stranger.sh("for i in $(seq 3 20); do ip addr add 198.51.100.$i/24 dev eth0; done");
      node.sh("iptables-nft -P INPUT DROP; iptables-nft -A INPUT -i lo -j ACCEPT");
      LocalFirewallHost host =
          new LocalFirewallHost(
              Optional.of(Files.createDirectory(root.resolve("host"))),
              List.of(),
              Path.of("/usr/sbin/nft"),
              Files.createDirectory(root.resolve("run")));
      sync =
          new FirewallSync(
              this::view,
              host,
              new FirewallPlanFactory(host, List::of, List::of),
              new FirewallFiles(root.resolve("run")),
              repaired::incrementAndGet,
              status -> told = status,
              delay -> {},
              System::nanoTime);
      sync.network(new NetworkState.Outside());
      watching = node.call(() -> host.watch(sync::firewallChanged));
    }

    private void connect(Netns other, String device, String own, String theirs) {
      node.sh(
          "ip link add %s type veth peer name eth0 netns %s; ip link set %1$s up; ip addr add %s/24 dev %1$s"
              .formatted(device, other.path(), own));
      other.sh(
          "ip link set eth0 up; ip addr add %s/24 dev eth0; ip route add default via %s"
              .formatted(theirs, own));
    }

    private ClusterView view() {
      return new ClusterView(
          true,
          List.of(),
          List.of(),
          List.of(
              policy(
                  "service",
                  1,
                  """
                  - {name: peer, direction: In, action: Allow, protocol: UDP, ports: [{port: 7000}], from: [{type: CIDR, cidr: 192.0.2.2}]}
                  - {name: others, direction: In, action: Deny, protocol: UDP, ports: [{port: 7000}]}
                  - {name: kubelet-peer, direction: In, action: Allow, protocol: TCP, ports: [{port: 10250}], from: [{type: CIDR, cidr: 192.0.2.2}]}
                  - {name: kubelet-others, direction: In, action: Deny, protocol: TCP, ports: [{port: 10250}]}
                  """),
              policy(
                  "changing",
                  generation,
                  "- {name: some, direction: In, action: Allow, protocol: TCP, ports: [{port: %d}]}\n"
                      .formatted(8000 + generation % 10))),
          Optional.of(new NodeRecord("n1", Map.of())));
    }

    private static PolicyRecord policy(String name, int generation, String rules) {
      return YamlViews.policy(
          """
          kind: FirewallPolicy
          apiVersion: tweed.dev/v1alpha1
          metadata: {name: %1$s, uid: uid-%1$s, generation: %2$d}
          spec:
            nodeSelector: {}
            rules:
          """
                  .formatted(name, generation)
              + rules.indent(2));
    }

    void sync() {
      node.call(sync::getAsBoolean);
    }

    List<String> lines(String command) {
      return node.sh(command).lines().toList();
    }

    void startPeer() throws IOException {
      service = node.call(() -> new DatagramSocket(SERVICE));
      service.setSoTimeout(2_000);
      threads.add(Thread.ofPlatform().start(this::receive));
      threads.add(Thread.ofPlatform().start(() -> peer.call(this::send)));
    }

    private Void send() throws Exception {
      while (going.get()) {
        datagram(NODE);
        sent.incrementAndGet();
        Thread.sleep(5);
      }
      return null;
    }

    private static Void datagram(String address) throws IOException {
      try (DatagramSocket own = new DatagramSocket()) {
        own.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName(address), SERVICE));
      }
      return null;
    }

    /** Until nothing has come for long. */
    private void receive() {
      DatagramPacket packet = new DatagramPacket(new byte[1], 1);
      try {
        while (true) {
          service.receive(packet);
          boolean known = packet.getAddress().getHostAddress().equals(PEER);
          (known ? received : ofStrangers).incrementAndGet();
        }
      } catch (SocketTimeoutException e) {
        // The peer has ended.
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    void stopPeer() throws InterruptedException {
      going.set(false);
      for (Thread thread : threads) {
        thread.join();
      }
    }

    void step() throws Exception {
      switch (random.nextInt(7)) {
        case 0 -> stranger.call(() -> datagram(NODE_OUTSIDE));
        case 1 -> stranger.call(() -> knock(NODE_OUTSIDE, 1 + random.nextInt(65_535)));
        case 2 -> listen(TEMPTING[random.nextInt(TEMPTING.length)]);
        case 3 -> node.call(() -> knock(NODE, TEMPTING[random.nextInt(TEMPTING.length)]));
        case 4 -> ban();
        case 5 -> unban();
        default -> generation++;
      }
    }

    /** Opens a connection where somebody listens, which stays. */
    private Void knock(String address, int port) throws IOException {
      Socket socket = new Socket();
      try {
        socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), 20);
        keep(socket);
      } catch (IOException e) {
        socket.close();
      }
      return null;
    }

    private void listen(int port) {
      try {
        keep(node.call(() -> new ServerSocket(port)));
      } catch (IllegalStateException e) {
        // Somebody listens there already.
      }
    }

    private void keep(Closeable socket) {
      sockets.add(socket);
    }

    private void ban() {
      String source = "198.51.100." + (2 + random.nextInt(18));
      if (random.nextBoolean()) {
        node.sh(bouncer ? "" : BOUNCER);
        bouncer = true;
        node.sh("nft add element ip crowdsec blacklist { %s }".formatted(source));
      } else if (!banned.contains(source)) {
        node.sh(bans ? "" : BANS);
        bans = true;
        node.sh("iptables-nft -I f2b-sshd -s %s -j REJECT".formatted(source));
        banned.add(source);
      }
    }

    private void unban() throws IOException {
      switch (random.nextInt(3)) {
        case 0 -> {
          if (!banned.isEmpty()) {
            node.sh("iptables-nft -D f2b-sshd -s %s -j REJECT".formatted(banned.removeLast()));
          }
        }
        case 1 -> {
          node.sh(bouncer ? "nft delete table ip crowdsec" : "");
          bouncer = false;
        }
        default -> {
          if (!sockets.isEmpty()) {
            sockets.remove().close();
          }
        }
      }
    }

    @Override
    public void close() throws IOException {
      going.set(false);
      watching.close();
      for (Closeable socket : sockets) {
        socket.close();
      }
      if (service != null) {
        service.close();
      }
      node.close();
      peer.close();
      stranger.close();
      try (var files = Files.walk(root)) {
        for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
