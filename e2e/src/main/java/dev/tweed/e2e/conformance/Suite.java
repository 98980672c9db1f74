package dev.tweed.e2e.conformance;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The suites. What is left out of each, and why, is told in {@code docs/conformance.md}: what wants
 * images that nobody here can build, and connections by SCTP on a kernel that has none.
 */
enum Suite {
  /** Kubernetes' own cases of sig-network, without NetworkPolicy. */
  NETWORK("network", "Granular Checks: Services should function for pod-Service: http") {
    @Override
    List<String> command(Place place) {
      return kubernetes(
          place,
          "Networking Granular Checks|Services should|HostPort|NoSNAT|Connectivity Pod Lifecycle"
              + "|Conntrack should|Traffic Distribution|EndpointSlice should support a Service",
          Stream.of("Feature:IPv6", "Disruptive", "Serial"));
    }
  },

  /** Kubernetes' own cases of NetworkPolicy. */
  NETPOL("netpol", "should deny ingress from pods on other namespaces") {
    @Override
    List<String> command(Place place) {
      return kubernetes(place, "Netpol", Stream.of());
    }
  },

  /** The conformance tests of ClusterNetworkPolicy. */
  CLUSTER_NETWORK_POLICY("cnp", "") {
    @Override
    List<String> command(Place place) {
      return Stream.of(
              Stream.of(
                  place.programs().resolve("cnp.test").toString(),
                  "-test.v",
                  "-test.timeout=2h",
                  "-test.run=TestConformanceProfiles"
                      + place.choice().map(c -> "/" + c).orElse("")),
              place.sctp()
                  ? Stream.<String>of()
                  : Stream.of("-test.skip=TestConformanceProfiles/SCTP"),
              Stream.of(
                  "--conformance-profiles=ClusterNetworkPolicy",
                  "--organization=tweed",
                  "--project=tweed",
                  "--url=https://tweed.dev",
                  "--contact=maintainers",
                  "--additional-info=docs/conformance.md",
                  "--version=" + place.commit(),
                  "--report-output=" + place.work().resolve("cnp-report.yaml")))
          .flatMap(s -> s)
          .toList();
    }

    @Override
    List<CaseResult> read(String output, Optional<String> junit) {
      return GoTestReader.read(output);
    }
  },

  /** A cut of the cases of cyclonus: policies that contradict each other. */
  CYCLONUS("cyclonus", "set-namespace-labels") {
    @Override
    List<String> command(Place place) {
      return Stream.concat(
              Stream.of(
                  place.programs().resolve("cyclonus").toString(),
                  "generate",
                  "--include=" + place.choice().orElse("conflict"),
                  "--server-protocol=" + place.protocols(),
                  "--exclude=multi-peer,upstream-e2e,example" + (place.sctp() ? "" : ",sctp"),
                  "--perturbation-wait-seconds=2",
                  "--job-timeout-seconds=2",
                  // "A Pod cannot block access to itself", the API says; cyclonus expects that it
                  // can.
                  "--ignore-loopback",
                  "--cleanup-namespaces",
                  "--junit-results-file=" + place.junit(this)),
              // Not every cluster has a DNS server, which it asks otherwise.
              place.few()
                  ? Stream.of("--pod=a,c", "--server-port=80", "--destination-type=service-ip")
                  : Stream.of())
          .toList();
    }
  };

  private final String word;
  private final String selection;

  /**
   * @param selection what of it each run of {@code ./dev test} has, as {@link Place#choice}; empty
   *     for nothing
   */
  Suite(String word, String selection) {
    this.word = word;
    this.selection = selection;
  }

  /** The word of the command line. */
  String word() {
    return word;
  }

  /** The cases of it that cost little and say much, if there are such. */
  Optional<String> selection() {
    return Optional.of(selection).filter(s -> !s.isEmpty());
  }

  static Optional<Suite> of(String word) {
    return Arrays.stream(values()).filter(s -> s.word.equals(word)).findFirst();
  }

  /** What runs it. */
  abstract List<String> command(Place place);

  /** What became of its cases, from what it printed and from its report, where it wrote one. */
  List<CaseResult> read(String output, Optional<String> junit) {
    return junit.map(JunitReader::read).orElse(List.of());
  }

  List<String> kubernetes(Place place, String focus, Stream<String> skip) {
    String skipped =
        String.join(
            "|",
            Stream.concat(
                    skip,
                    place.sctp()
                        ? Stream.of()
                        // Whether TCP is taken for SCTP can be found out without it.
                        : Stream.of("Feature:SCTP", "[Cc]ommunication: sctp", "Service: sctp"))
                .toList());
    Path programs = place.programs();
    return List.of(
        programs.resolve("ginkgo").toString(),
        "run",
        "--procs=" + place.processes(),
        "--timeout=3h",
        "--no-color",
        "--output-interceptor-mode=none",
        "--output-dir=" + place.work(),
        "--junit-report=" + place.junit(this).getFileName(),
        "--focus=" + place.choice().orElse(focus),
        "--skip=" + (skipped.isEmpty() ? "none of all" : skipped),
        programs.resolve("e2e.test").toString(),
        "--",
        "--provider=skeleton",
        // It does not count them itself, and leaves out what wants more than one.
        "--num-nodes=" + place.nodes(),
        "--kubeconfig=" + place.kubeconfig(),
        "--kubectl-path=" + place.kubectl());
  }
}
