package dev.tweed.enforce.kernel;

import static dev.tweed.enforce.kernel.PolicyBed.A;
import static dev.tweed.enforce.kernel.PolicyBed.A6;
import static dev.tweed.enforce.kernel.PolicyBed.B;
import static dev.tweed.enforce.kernel.PolicyBed.B6;
import static dev.tweed.enforce.kernel.PolicyBed.OUTSIDE;
import static dev.tweed.enforce.kernel.PolicyBed.SERVICE;
import static dev.tweed.enforce.kernel.PolicyBed.passes;
import static dev.tweed.enforce.kernel.PolicyBed.reaches;
import static dev.tweed.enforce.kernel.PolicyBed.set;
import static dev.tweed.enforce.kernel.PolicyBed.state;
import static dev.tweed.enforce.kernel.PolicyBed.udp;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.enforce.kernel.PolicyBed.Answer;
import dev.tweed.enforce.table.CompiledPolicies;
import dev.tweed.enforce.table.PolicyTable;
import dev.tweed.enforce.table.PolicyTableCompiler;
import dev.tweed.netlink.LoggedPacket;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.nft.NfValue;
import dev.tweed.netlink.socket.PacketLog;
import dev.tweed.netlink.testing.Golden;
import dev.tweed.policy.Action;
import dev.tweed.policy.Direction;
import dev.tweed.policy.IpBlock;
import dev.tweed.policy.NodeState;
import dev.tweed.policy.PeerSet;
import dev.tweed.policy.Peers;
import dev.tweed.policy.PolicyRef;
import dev.tweed.policy.PortMatch;
import dev.tweed.policy.Program;
import dev.tweed.policy.Protocol;
import dev.tweed.policy.Rule;
import dev.tweed.policy.Tier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Real packets, and the table as the kernel has it. */
@Tag("kernel")
class PolicyPacketsTest {

  private static final String CLIENTS = "s-00000000000000000001";

  @AutoClose private final PolicyBed bed = new PolicyBed();
  private final PolicyTableCompiler compiler = new PolicyTableCompiler(false);
  private final PolicyTableWriter writer = new PolicyTableWriter(bed.tables, PolicyTable.POLICY);

  @BeforeEach
  void serve() {
    bed.serve(bed.podB, 8080);
    bed.serve(bed.podB, 9090);
    bed.serve(bed.podA, 8080);
    bed.serve(bed.outside, 7070);
  }

  @Test
  void whatARuleAllowsPassesAndNothingElse() {
    apply(selectB(clients()));

    assertThat(reaches(bed.podA, B, 8080)).isTrue();
    assertThat(reaches(bed.podA, B6, 8080)).isTrue();
    assertThat(reaches(bed.podA, SERVICE, 80)).isTrue();
    assertThat(reaches(bed.podA, B, 9090)).isFalse();
    assertThat(reaches(bed.podA, B6, 9090)).isFalse();
    assertThat(udp(bed.podA, B, 8080)).isEqualTo(Answer.SILENCE);
    assertThat(reaches(bed.outside, B, 8080)).isFalse();
    assertThat(reaches(bed.outside, SERVICE, 80)).isFalse();
    // Its own node, itself by a Service, and what it opens itself.
    assertThat(reaches(bed.node, B, 9090)).isTrue();
    assertThat(reaches(bed.podB, SERVICE, 80)).isTrue();
    assertThat(reaches(bed.podB, OUTSIDE, 7070)).isTrue();
    assertThat(reaches(bed.podB, A, 8080)).isTrue();
    assertThat(udp(bed.podB, OUTSIDE, 5)).isEqualTo(Answer.PORT_UNREACHABLE);
    // Pods that nothing selects.
    assertThat(reaches(bed.outside, A, 8080)).isTrue();
  }

  @Test
  void someOfWhatIsDroppedIsLogged() throws Exception {
    BlockingQueue<LoggedPacket> logged = new LinkedBlockingQueue<>();
    CompiledPolicies compiled =
        new PolicyTableCompiler(false, OptionalInt.of(7)).compile(selectB(clients()));
    try (PacketLog log = bed.node.call(() -> PacketLog.open(7, logged::add))) {
      bed.node.call(() -> writer.write(compiled.table()));

      assertThat(reaches(bed.podA, B, 9090)).isFalse();

      LoggedPacket packet = logged.poll(10, TimeUnit.SECONDS);
      assertThat(packet.prefix()).startsWith(PolicyTableCompiler.LOG_PREFIX);
      assertThat(
              compiled
                  .drops()
                  .get(packet.prefix().substring(PolicyTableCompiler.LOG_PREFIX.length()))
                  .cause())
          .isEqualTo(CompiledPolicies.Cause.ISOLATED);
      assertThat(packet.header().orElseThrow().destinationPort()).hasValue(9090);
    }
  }

  @Test
  void changesHoldForConnectionsThatAreEstablished() {
    Socket allowed = bed.connect(bed.podA, B, 8080);
    Socket otherPort = bed.connect(bed.podA, B, 9090);
    Socket stranger = bed.connect(bed.outside, B, 8080);
    assertThat(List.of(allowed, otherPort, stranger)).allMatch(PolicyBed::passes);

    apply(selectB(clients()));

    assertThat(passes(allowed)).isTrue();
    assertThat(passes(otherPort)).isFalse();
    assertThat(passes(stranger)).isFalse();

    PolicyTableWriter.Outcome outcome = apply(selectB(set(CLIENTS)));

    assertThat(outcome.transactions()).isEqualTo(1);
    assertThat(passes(allowed)).isFalse();
  }

  @Test
  void aMemberThatComesIsOneElement() {
    apply(selectB(set(CLIENTS)));
    assertThat(reaches(bed.podA, B, 8080)).isFalse();
    String before = bed.node.exec("nft", "-a", "list", "table", "inet", "tweed-policy");

    apply(selectB(set(CLIENTS, A)));

    assertThat(reaches(bed.podA, B, 8080)).isTrue();
    assertThat(rulesOf(bed.node.exec("nft", "-a", "list", "table", "inet", "tweed-policy")))
        .isEqualTo(rulesOf(before));
  }

  private static List<String> rulesOf(String listing) {
    return listing.lines().filter(l -> l.contains("# handle") && !l.contains("counter")).toList();
  }

  @Test
  void manyRulesAreLookedUpByPort() {
    Rule[] rules =
        IntStream.range(0, 10)
            .mapToObj(i -> Rule.of(i, Action.ACCEPT, Peers.sets(CLIENTS), tcp(8080 + i)))
            .toArray(Rule[]::new);
    NodeState state = selectB(List.of(rules), clients());
    apply(state);

    assertThat(bed.node.exec("nft", "list", "table", "inet", "tweed-policy")).contains("ports-");
    bed.node.sh("nft list ruleset | unshare -n nft -f -");
    assertThat(writer.audit(compiler.compile(state).table()).transactions()).isZero();
    assertThat(reaches(bed.podA, B, 8080)).isTrue();
    assertThat(reaches(bed.podA, B6, 8080)).isTrue();
    assertThat(reaches(bed.podA, B, 9090)).isFalse();
    assertThat(reaches(bed.outside, B, 8080)).isFalse();

    apply(selectB(clients()));
    assertThat(reaches(bed.podA, B, 8080)).isTrue();
  }

  @Test
  void aPodThatIsNotKnownIsClosedAndOpensAtOnce() {
    apply(state(Map.of(), Map.of("b", Set.of())));
    assertThat(reaches(bed.podA, B, 8080)).isFalse();
    assertThat(reaches(bed.outside, A, 8080)).isFalse();
    assertThat(reaches(bed.podA, OUTSIDE, 7070)).isFalse();
    assertThat(reaches(bed.node, A, 8080)).isTrue();
    assertThat(reaches(bed.outside, B, 8080)).isTrue();

    apply(state(Map.of(), Map.of("a", Set.of(), "b", Set.of())));

    assertThat(reaches(bed.podA, B, 8080)).isTrue();
    assertThat(reaches(bed.podA, B6, 8080)).isTrue();
  }

  @Test
  void egressAndTiers() {
    Program admin =
        cluster(
            "p-1",
            Tier.ADMIN,
            Rule.of(0, Action.PASS, Peers.blocks(IpBlock.of("10.244.1.3/32")), tcp(8080)),
            Rule.of(1, Action.DENY, Peers.blocks(IpBlock.of("10.244.1.0/24"))));
    Program baseline =
        cluster("p-2", Tier.BASELINE, Rule.of(0, Action.DENY, Peers.ANYONE, tcp(7070)));

    apply(
        state(
            Map.of("p-1", admin, "p-2", baseline),
            Map.of("a", Set.of("p-1", "p-2"), "b", Set.of())));

    assertThat(reaches(bed.podA, B, 8080)).isTrue();
    assertThat(reaches(bed.podA, B, 9090)).isFalse();
    assertThat(reaches(bed.podA, OUTSIDE, 7070)).isFalse();
    assertThat(udp(bed.podA, OUTSIDE, 7070)).isEqualTo(Answer.ECHO);
    assertThat(packets("drop-p-1")).isPositive();
    assertThat(packets("drop-p-2")).isPositive();
  }

  @Test
  void untrackedPacketsDoNotSlipBy() {
    apply(selectB(set(CLIENTS)));

    bed.node.sh(
        "echo 'table inet evil { chain c { type filter hook prerouting priority raw; notrack; }; }' | nft -f -");

    assertThat(udp(bed.podA, B, 8080)).isEqualTo(Answer.SILENCE);
    assertThat(udp(bed.podA, B6, 8080)).isEqualTo(Answer.SILENCE);
    assertThat(udp(bed.outside, B, 8080)).isEqualTo(Answer.SILENCE);
    assertThat(udp(bed.outside, A, 8080)).isEqualTo(Answer.ECHO);
    assertThat(packets("drop-untracked")).isPositive();
  }

  @Test
  void linkLocalAddressesAreNoWayAround() {
    String local =
        bed.podB
            .sh("ip -6 -o addr show dev eth0 scope link | awk '{print $4}' | cut -d/ -f1")
            .strip();

    bed.podA.sh("ping -6 -c 1 -W 1 -I eth0 " + local);

    apply(selectB(clients()));

    bed.podA.sh("! ping -6 -c 1 -W 1 -I eth0 " + local);
    assertThat(packets("drop-link-local")).isPositive();
  }

  @Test
  void damageIsRepaired() {
    NodeState state = selectB(clients());
    apply(state);
    PolicyTable wanted = compiler.compile(state).table();
    List<String> damages =
        List.of(
            "delete table inet tweed-policy",
            "flush chain inet tweed-policy forward",
            "delete element inet tweed-policy in-4 { 10.244.1.3 }",
            "add element inet tweed-policy " + CLIENTS + "-4 { 192.0.2.2 }",
            "flush set inet tweed-policy " + CLIENTS + "-4",
            "insert rule inet tweed-policy forward accept",
            "add chain inet tweed-policy mine; add rule inet tweed-policy mine accept; insert rule"
                + " inet tweed-policy forward jump mine",
            "add chain inet tweed-policy early { type filter hook prerouting priority -400; policy"
                + " drop; }",
            "add set inet tweed-policy junk { type ipv4_addr; flags interval; }",
            "add table inet tweed-policy { flags dormant; }");

    for (String damage : damages) {
      bed.node.sh("nft '" + damage + "'");

      assertThat(writer.audit(wanted).transactions()).as(damage).isEqualTo(1);

      assertThat(writer.audit(wanted).transactions()).as("again: " + damage).isZero();
      assertThat(reaches(bed.podA, B, 8080)).as(damage).isTrue();
      assertThat(reaches(bed.podA, B, 9090)).as(damage).isFalse();
      assertThat(reaches(bed.outside, B, 8080)).as(damage).isFalse();
    }
  }

  @Test
  void whatIsWrittenByWhatWasWrittenLastIsWhatACompilationFromNothingWouldWrite() {
    NodeState before = selectB(clients());
    apply(before);
    apply(state(Map.of(), Map.of("a", Set.of(), "b", Set.of("p-unknown"))));
    assertThat(reaches(bed.podA, B, 8080)).isFalse();
    apply(before);

    assertThat(writer.audit(compiler.compile(before).table()).transactions()).isZero();
    assertThat(writer.remove().succeeded()).isTrue();
    assertThat(bed.node.exec("nft", "list", "tables")).doesNotContain("tweed");
  }

  @Test
  void manyMembersAreManyTransactionsButOneChange() {
    String[] many =
        IntStream.range(0, 60_000)
            .mapToObj(i -> "10.%d.%d.%d".formatted(1 + i / 65536, i / 256 % 256, i % 256))
            .toArray(String[]::new);
    apply(selectB(clients()));
    NodeState state = selectB(set(CLIENTS, A), set("s-00000000000000000002", many));

    PolicyTableWriter.Outcome outcome = apply(state);

    assertThat(outcome.transactions()).isEqualTo(7);
    assertThat(writer.audit(compiler.compile(state).table()).transactions()).isZero();
    assertThat(reaches(bed.podA, B, 8080)).isTrue();
    assertThat(reaches(bed.outside, B, 8080)).isFalse();
  }

  @Test
  void thousandsOfNetworksWithExceptionsAreAsked() {
    bed.outside.sh("ip addr add 192.0.2.3/24 dev eth0");
    bed.node.sh("ip route add 203.0.113.0/24 via 192.0.2.2");
    bed.outside.sh("ip addr add 203.0.113.7/32 dev lo");
    List<IpBlock> blocks =
        IntStream.range(0, 5_000)
            .mapToObj(i -> "100.%d.%d.".formatted(64 + i / 256, i % 256))
            .map(net -> IpBlock.of(net + "0/24", net + "7/32", net + "128/25"))
            .collect(Collectors.toCollection(ArrayList::new));
    blocks.set(2_500, IpBlock.of("192.0.2.0/24", "192.0.2.3/32", "192.0.2.128/25"));

    apply(selectB(List.of(fromBlocks(blocks))));

    assertThat(reaches(bed.outside, B, 8080)).isTrue();
    assertThat(reachesFrom("192.0.2.3")).isFalse();
    assertThat(reachesFrom("203.0.113.7")).isFalse();

    // When one of them changes
    blocks.set(2_500, IpBlock.of("192.0.2.0/24", "192.0.2.2/32"));
    blocks.set(4_999, IpBlock.of("203.0.113.0/24", "203.0.113.8/32"));
    NodeState changed = selectB(List.of(fromBlocks(blocks)));
    apply(changed);

    assertThat(reaches(bed.outside, B, 8080)).isFalse();
    assertThat(reachesFrom("192.0.2.3")).isTrue();
    assertThat(reachesFrom("203.0.113.7")).isTrue();
    assertThat(writer.audit(compiler.compile(changed).table()).transactions()).isZero();
    assertThat(bed.node.call(() -> bed.tables.sets(PolicyTable.POLICY)))
        .as("that of before is gone")
        .filteredOn(name -> name.startsWith("nets-"))
        .hasSize(1);
  }

  private static Rule fromBlocks(List<IpBlock> blocks) {
    return Rule.of(0, Action.ACCEPT, Peers.blocks(blocks.toArray(IpBlock[]::new)), tcp(8080));
  }

  private boolean reachesFrom(String source) {
    return bed.outside.call(
        () -> {
          try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(source, 0));
            socket.connect(new InetSocketAddress(B, 8080), 400);
            return true;
          } catch (SocketTimeoutException silence) {
            return false;
          }
        });
  }

  /**
   * What a daemon leaves that is killed, or loses the kernel, between transactions. Each of them is
   * whole by itself, so that there is no other moment.
   */
  @Test
  void aChangeThatIsCutShortChangesNothingAndTheNextProcessEndsIt() {
    NodeState before = selectB(clients());
    NodeState wanted = selectB(set("s-00000000000000000002", many(25_000)));
    int made = 0;
    for (boolean cut = true; cut; made++) {
      new PolicyTableWriter(bed.tables, PolicyTable.POLICY).write(compiler.compile(before).table());
      Socket allowed = bed.connect(bed.podA, B, 8080);

      cut = isCutShort(wanted, made);

      assertThat(passes(allowed)).as("after %d transactions", made).isEqualTo(cut);
      assertThat(reaches(bed.podA, B, 9090)).isFalse();
      assertThat(reaches(bed.outside, B, 8080)).isFalse();
    }
    assertThat(made - 1).as("transactions").isEqualTo(4);
    assertThat(writer.audit(compiler.compile(wanted).table()).transactions()).isZero();
  }

  /** Addresses of nobody here. */
  private static String[] many(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "10.9.%d.%d".formatted(i / 256, i % 256))
        .toArray(String[]::new);
  }

  /** Whether a writer that may make this many transactions did not come to an end. */
  private boolean isCutShort(NodeState state, int transactions) {
    try {
      new PolicyTableWriter(
              new EndingTables(bed.tables, transactions, new AtomicInteger()), PolicyTable.POLICY)
          .write(compiler.compile(state).table());
      return false;
    } catch (NetlinkException ended) {
      return true;
    }
  }

  /** Does not survive so many transactions. */
  private record EndingTables(NfTables kernel, int transactions, AtomicInteger made)
      implements NfTables {
    @Override
    public Optional<Refusal> execute(List<NfRequest> transaction) {
      if (made.getAndIncrement() == transactions) {
        throw new NetlinkException(NetlinkException.Reason.CLOSED, 0, "killed");
      }
      return kernel.execute(transaction);
    }

    @Override
    public int generation() {
      return kernel.generation();
    }

    @Override
    public Optional<NfTableState> table(NfTable table) {
      return kernel.table(table);
    }

    @Override
    public Optional<NfChain> chain(NfTable table, String name) {
      return kernel.chain(table, name);
    }

    @Override
    public List<NfRule> rules(NfTable table, String chain) {
      return kernel.rules(table, chain);
    }

    @Override
    public List<NfRuleState> rules(NfTable table) {
      return kernel.rules(table);
    }

    @Override
    public Optional<NfSet> set(NfTable table, String name) {
      return kernel.set(table, name);
    }

    @Override
    public List<String> chains(NfTable table) {
      return kernel.chains(table);
    }

    @Override
    public List<String> sets(NfTable table) {
      return kernel.sets(table);
    }

    @Override
    public Map<NfValue, NfExpression.Verdict> verdicts(NfTable table, String set) {
      return kernel.verdicts(table, set);
    }

    @Override
    public List<NfValue> elements(NfTable table, String set) {
      return kernel.elements(table, set);
    }

    @Override
    public int portId() {
      return kernel.portId();
    }

    @Override
    public void close() {
      // The kernel is the bed's.
    }
  }

  /** New connections push out those that nobody has answered, and packets of no connection. */
  @Test
  void aFullTableOfConnectionsOpensNothing() throws Exception {
    apply(selectB(clients()));
    Socket allowed = bed.connect(bed.podA, B, 8080);
    bed.podA.sh(
        "echo 'table inet silent { chain c { type filter hook input priority 0; udp dport != 53"
            + " drop; }; }' | nft -f -");
    int room =
        Integer.parseInt(bed.node.sh("cat /proc/sys/net/netfilter/nf_conntrack_max").strip());

    bed.outside.call(() -> flood(A, room + room / 10));

    assertThat(
            Integer.parseInt(bed.node.sh("cat /proc/sys/net/netfilter/nf_conntrack_count").strip()))
        .as("the table is full")
        .isGreaterThan(room - room / 50);
    assertThat(passes(allowed)).isTrue();
    assertThat(reaches(bed.podA, B, 8080)).as("an allowed one finds a place").isTrue();
    assertThat(udp(bed.outside, B, 8080)).isEqualTo(Answer.SILENCE);
    assertThat(reaches(bed.outside, B, 8080)).isFalse();
    assertThat(reaches(bed.podA, B, 9090)).isFalse();

    apply(selectB(set(CLIENTS)));
    assertThat(passes(allowed)).as("a change is in force all the same").isFalse();
  }

  /** Datagrams that are a connection each. */
  private static Void flood(String address, int count) throws IOException {
    InetAddress target = InetAddress.getByName(address);
    int ports = 60_000;
    for (int from = 0; from * ports < count; from++) {
      try (DatagramChannel channel = DatagramChannel.open()) {
        ByteBuffer nothing = ByteBuffer.allocate(1);
        for (int port = 0; port < ports; port++) {
          channel.send(nothing.rewind(), new InetSocketAddress(target, 1_000 + port));
        }
      }
    }
    return null;
  }

  /** Also for people: the file shows what they see. */
  @Test
  void programsOfTheHostListIt() {
    apply(selectB(clients()));

    Golden.assertMatches(
        "policy.nft", bed.node.exec("nft", "list", "table", "inet", "tweed-policy"));
    // What people save is what they load at the next boot, with the rules of others in it.
    bed.node.sh("nft -j list ruleset >/dev/null; nft list ruleset | unshare -n nft -f -");
  }

  private PolicyTableWriter.Outcome apply(NodeState state) {
    CompiledPolicies compiled = compiler.compile(state);
    PolicyTableWriter.Outcome outcome = writer.write(compiled.table());
    assertThat(outcome.refusal()).isEmpty();
    return outcome;
  }

  private long packets(String chain) {
    return new PolicyTableReader(bed.tables).packets(PolicyTable.POLICY).getOrDefault(chain, 0L);
  }

  private static PeerSet clients() {
    return set(CLIENTS, A, A6);
  }

  /** Pod B is isolated, and its port 8080 open for sets. */
  private static NodeState selectB(PeerSet... sets) {
    return selectB(
        Arrays.stream(sets)
            .map(s -> Rule.of(0, Action.ACCEPT, Peers.sets(s.name()), tcp(8080)))
            .toList(),
        sets);
  }

  private static NodeState selectB(List<Rule> ingress, PeerSet... sets) {
    Program program =
        new Program(
            "p-0",
            new PolicyRef(PolicyRef.Kind.NETWORK_POLICY, "uid", 1),
            Tier.NETWORK_POLICY,
            0,
            Set.of(Direction.INGRESS),
            ingress,
            List.of());
    return state(Map.of("p-0", program), Map.of("a", Set.of(), "b", Set.of("p-0")), sets);
  }

  private static Program cluster(String name, Tier tier, Rule... egress) {
    return new Program(
        name,
        new PolicyRef(PolicyRef.Kind.CLUSTER_NETWORK_POLICY, "uid-" + name, 1),
        tier,
        1,
        Set.of(),
        List.of(),
        List.of(egress));
  }

  private static PortMatch tcp(int port) {
    return PortMatch.one(Protocol.TCP, port);
  }
}
