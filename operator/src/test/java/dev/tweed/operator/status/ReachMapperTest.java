package dev.tweed.operator.status;

import static dev.tweed.operator.policy.ReachDigest.Where.BEYOND;
import static dev.tweed.operator.policy.ReachDigest.Where.HERE;
import static dev.tweed.operator.policy.ReachDigest.Where.NOT_ARRIVING;
import static dev.tweed.operator.policy.ReachDigest.Where.UNKNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tweed.operator.policy.ReachDigest;
import dev.tweed.operator.policy.ReachDigest.Status;
import dev.tweed.operator.policy.ReachDigest.Unreached;
import dev.tweed.operator.policy.ReachDigest.Where;
import dev.tweed.operator.reach.ReachJoin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The table: what nodes say of each other, and what is said of their network. */
class ReachMapperTest {
  private static final Path TABLE = Path.of("src/test/resources/reach/reach.txt");

  private final StringBuilder table = new StringBuilder();

  @Test
  void whatNodesSayTogether() throws IOException {
    row("no nodes", nodes());
    row("nobody has said anything", nodes().silent("n1").silent("n2"));
    row("all reach all", nodes().good("n1").good("n2").good("n3"));
    row("one is not sure yet", nodes().good("n1").good("n2").unknown("n3", "Probing"));
    row("probes off", nodes().unknown("n1", "ProbesOff").unknown("n2", "ProbesOff"));
    row("two nodes, one off", nodes().unknown("n1", "NoLivingPeer").silent("n2"));

    row(
        "the host of n2 drops, 2 nodes",
        nodes().bad("n1", lost("n2", BEYOND)).bad("n2", lost("n1", HERE)));
    row(
        "the host of n2 drops, 3 nodes",
        nodes()
            .good("n1", lost("n2", NOT_ARRIVING))
            .bad("n2", lost("n1", HERE), lost("n3", HERE))
            .good("n3", lost("n2", NOT_ARRIVING)));
    row("both hosts drop", nodes().bad("n1", lost("n2", HERE)).bad("n2", lost("n1", HERE)));
    row(
        "the port is closed between all",
        nodes()
            .bad("n1", lost("n2", NOT_ARRIVING), lost("n3", NOT_ARRIVING))
            .bad("n2", lost("n1", NOT_ARRIVING), lost("n3", NOT_ARRIVING))
            .bad("n3", lost("n1", NOT_ARRIVING), lost("n2", NOT_ARRIVING)));
    row(
        "the port is closed one way",
        nodes().bad("n1", lost("n2", NOT_ARRIVING)).bad("n2", lost("n1", BEYOND)));
    row(
        "one pair of 3, closed between",
        nodes()
            .good("n1", lost("n3", NOT_ARRIVING))
            .good("n2")
            .good("n3", lost("n1", NOT_ARRIVING)));
    row("one end does not ask the other", nodes().good("n1", lost("n2", NOT_ARRIVING)).good("n2"));
    row(
        "nobody knows where",
        nodes().bad("n1", lost("n2", UNKNOWN)).bad("n2", lost("n1", UNKNOWN)));
    row(
        "silent to each other without a sign of life, but both answer others",
        nodes()
            .good("n1", dead("n2", NOT_ARRIVING))
            .good("n2", dead("n1", NOT_ARRIVING))
            .good("n3"));
    row(
        "2 nodes, each without a sign of life of the other",
        nodes()
            .unknown("n1", "NoLivingPeer", dead("n2", NOT_ARRIVING))
            .unknown("n2", "NoLivingPeer", dead("n1", NOT_ARRIVING)));
    row("one of 3 is off", nodes().good("n1", dead("n2", UNKNOWN)).good("n2").good("n3"));
    row(
        "plain routes",
        0,
        nodes().bad("n1", lost("n2", NOT_ARRIVING)).bad("n2", lost("n1", NOT_ARRIVING)));

    row(
        "the port was never open",
        nodes()
            .unknown("n1", "ProbeUnanswered", never("n2", NOT_ARRIVING))
            .unknown("n2", "ProbeUnanswered", never("n1", NOT_ARRIVING)));
    row(
        "never open to one of 3",
        nodes()
            .good("n1", never("n3", NOT_ARRIVING))
            .good("n2", never("n3", NOT_ARRIVING))
            .unknown("n3", "ProbeUnanswered", never("n1", HERE), never("n2", HERE)));
    row(
        "one of 3 comes up",
        nodes()
            .good("n1", never("n3", NOT_ARRIVING))
            .good("n2", never("n3", NOT_ARRIVING))
            .unknown("n3", "NotProgrammed"));

    row("MTU hole", nodes().good("n1", large("n2", 1400)).good("n2", large("n1", 1380)));
    row("MTU hole, size not known", nodes().good("n1", large("n2", 0)).good("n2"));
    row(
        "several causes",
        nodes()
            .good("n1", lost("n2", HERE), lost("n3", HERE), large("n4", 1400))
            .good("n2")
            .good("n3", lost("n4", UNKNOWN))
            .good("n4"));
    Nodes many = nodes().bad("m0", others(10));
    IntStream.range(1, 30).forEach(i -> many.good("m" + i));
    row("one node against many", many);
    row("a node that is none", nodes().good("n1", lost("evil\nline", HERE)).good("n2"));

    if ("write".equals(System.getProperty("tweed.golden"))) {
      Files.writeString(TABLE, table.toString());
    }
    assertThat(table.toString()).isEqualTo(Files.readString(TABLE));
  }

  private void row(String name, Nodes nodes) {
    row(name, 8472, nodes);
  }

  private void row(String name, int port, Nodes nodes) {
    Finding found = ReachMapper.reachable(ReachJoin.join(nodes.reports, port));
    table
        .append("== ")
        .append(name)
        .append('\n')
        .append(found.type())
        .append(' ')
        .append(found.status())
        .append(' ')
        .append(found.reason())
        .append(": ")
        .append(found.message())
        .append('\n');
  }

  private static Unreached[] others(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> lost("m" + i, HERE))
        .toArray(Unreached[]::new);
  }

  private static Unreached lost(String node, Where where) {
    return new Unreached(node, false, true, true, where, 0);
  }

  private static Unreached dead(String node, Where where) {
    return new Unreached(node, false, false, true, where, 0);
  }

  private static Unreached large(String node, int passes) {
    return new Unreached(node, true, true, true, UNKNOWN, passes);
  }

  private static Unreached never(String node, Where where) {
    return new Unreached(node, false, true, false, where, 0);
  }

  private static Nodes nodes() {
    return new Nodes();
  }

  private static final class Nodes {
    private final TreeMap<String, ReachDigest> reports = new TreeMap<>();

    Nodes silent(String node) {
      reports.put(node, ReachDigest.NONE);
      return this;
    }

    Nodes good(String node, Unreached... unreached) {
      return says(node, Status.TRUE, "PeersAnswer", unreached);
    }

    Nodes bad(String node, Unreached... unreached) {
      return says(node, Status.FALSE, "NoPeerAnswers", unreached);
    }

    Nodes unknown(String node, String reason, Unreached... unreached) {
      return says(node, Status.UNKNOWN, reason, unreached);
    }

    private Nodes says(String node, Status status, String reason, Unreached... unreached) {
      reports.put(node, new ReachDigest(status, reason, List.of(unreached)));
      return this;
    }
  }
}
