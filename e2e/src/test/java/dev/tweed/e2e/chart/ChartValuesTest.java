package dev.tweed.e2e.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nonsense in the values is refused before it reaches a cluster, naming the value. */
@Tag("api-server")
class ChartValuesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          operator.replicas=two               | /operator/replicas
          operator.replicas=-1                | /operator/replicas
          operator.releaseAfter=5             | /operator/releaseAfter
          operator.releaseAfter=soon          | /operator/releaseAfter
          operator.http.port=0                | /operator/http/port
          operator.http.address=localhost     | /operator/http/address
          node.http.port=70000                | /node/http/port
          node.updateStrategy.maxUnavailable=0 | /node/updateStrategy/maxUnavailable
          node.image.digest=sha256:abc        | /node/image/digest
          node.image.repository=Tweed/Node    | /node/image/repository
          image.pullPolicy=Sometimes          | /image/pullPolicy
          image.tag=a b                       | /image/tag
          logLevel=verbose                    | /logLevel
          cni.binDir=opt/cni/bin              | /cni/binDir
          cni.replaceForeign=maybe            | /cni/replaceForeign
          podNetwork.name=Default_Net         | /podNetwork/name
          podNetwork.spec.pools=null          | /podNetwork/spec
          apiServer.port=https                | /apiServer/port
          metrics.podMonitor.interval=often   | /metrics/podMonitor/interval
          podNetwork.name=a234567890123456789012345678901234567890123456789012345678901234 | /podNetwork/name
          operator.parallelism=0              | /operator/parallelism
          operator.batch=1001                 | /operator/batch
          operator.heap=64                    | /operator/heap
          operator.jvmOptions[0]=a b          | /operator/jvmOptions
          node.updateStrategy.type=Recreate   | /node/updateStrategy/type
          node.serviceAccount.name=Node       | /node/serviceAccount/name
          commonLabels.app\\.kubernetes\\.io/name=x | commonLabels or podLabels: app.kubernetes.io/name is
          node.podLabels.app\\.kubernetes\\.io/component=x | podLabels: app.kubernetes.io/component is
          fullnameOverride=Tweed              | /fullnameOverride
          nameOverride=a.b                    | /nameOverride
          apiServer.host=https://10.0.0.1     | /apiServer/host
          apiServer.host=10.0.0.1:6443        | /apiServer/host
          apiServer.host=[fd00::1]            | /apiServer/host
          node.http.port=9463                 | operator.http.port and node.http.port are both 9463
          operator.leaderElection.renewDeadline=15s | leaderElection has leaseDuration=15s, renewDeadline=15s
          operator.leaderElection.leaseDuration=1s | leaderElection has leaseDuration=1s
          operator.leaderElection.retryPeriod=1m | retryPeriod=1m: each has to be longer than the next
          commonLabels.team=the net           | /commonLabels/team
          node.podLabels.the team=net         | /node/podLabels
          operator.podLabels.a\\.\\.b/c=d     | /operator/podLabels
          node.priorityClassName=First_Class  | /node/priorityClassName
          nodes.http.port=1                   | nodes
          node.imagePullPolicy=Never          | imagePullPolicy
          """)
  void isRefused(String assignment, String named) {
    Program.Outcome outcome = Rendering.attempt(assignment);

    assertThat(outcome.succeeded()).isFalse();
    assertThat(outcome.err()).contains(named);
  }

  @Test
  void everyValueIsDescribed() throws Exception {
    JsonNode schema =
        new ObjectMapper().readTree(ChartTools.chart().resolve("values.schema.json").toFile());

    assertThat(withoutDescription("", schema)).isEmpty();
  }

  private static List<String> withoutDescription(String path, JsonNode schema) {
    List<String> found = new ArrayList<>();
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              String name = path + "/" + property.getKey();
              if (property.getValue().path("description").asText().isBlank()) {
                found.add(name);
              }
              found.addAll(withoutDescription(name, property.getValue()));
            });
    return found;
  }
}
