package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Pods of one node and the programs that select them; read by {@link NodePolicyReader}. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonClassDescription("Pods of the node, and the programs that select them.")
@ValidationRule(
    value = "!has(self.pods) || self.pods.all(p, !has(p.podClass) || has(self.classes))",
    message = "a pod has a class, and there are no classes",
    fieldPath = ".pods")
public record NodePolicySpec(
    @JsonPropertyDescription("Lists of programs that pods have in common.")
        @Size(max = Limits.NODE_PODS)
        List<PodClass> classes,
    @JsonPropertyDescription(
            "Pods that are bound to the node and have not ended, but for those of namespaces where no"
                + " policy can select one, and those with the host's network.")
        @Size(max = Limits.NODE_PODS)
        List<Pod> pods) {
  public NodePolicySpec {
    classes = classes == null ? List.of() : List.copyOf(classes);
    pods = pods == null ? List.of() : List.copyOf(pods);
  }

  /** The programs that select the pods of one class. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record PodClass(
      @JsonPropertyDescription("Name of the class on this node.")
          @Required
          @Size(min = 1, max = Limits.CLASS_NAME)
          @Pattern(Limits.CLASS_NAME_PATTERN)
          String name,
      @JsonPropertyDescription("PolicyPrograms.")
          @Required
          @Size(min = 1, max = Limits.CLASS_PROGRAMS)
          List<@Size(max = Limits.PROGRAM_NAME) @Pattern(Limits.PROGRAM_NAME_PATTERN) String>
              programs) {
    public PodClass {
      programs = programs == null ? List.of() : List.copyOf(programs);
    }
  }

  /** A pod. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Pod(
      @JsonPropertyDescription("UID of the pod.") @Required @Size(min = 1, max = Limits.UID)
          String uid,
      @JsonPropertyDescription("Its class; absent: no policy selects it.")
          @Size(min = 1, max = Limits.CLASS_NAME)
          @Pattern(Limits.CLASS_NAME_PATTERN)
          String podClass,
      @JsonPropertyDescription(
              "Its addresses, where the API knows them: a check on what the node knows by itself.")
          @Size(max = 2)
          List<@Size(min = 2, max = Limits.IP) @Pattern(Limits.IP_PATTERN) String> addresses,
      @JsonPropertyDescription("Its ports that ingress rules of its programs name.")
          @Size(max = Limits.PROGRAM_PORTS)
          List<NamedPort> namedPorts) {
    public Pod {
      addresses = addresses == null ? List.of() : List.copyOf(addresses);
      namedPorts = namedPorts == null ? List.of() : List.copyOf(namedPorts);
    }
  }

  /** A port that has a name. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NamedPort(
      @JsonPropertyDescription("The name.")
          @Required
          @Size(min = 1, max = Limits.PORT_NAME)
          @Pattern(Limits.PORT_NAME_PATTERN)
          String name,
      @JsonPropertyDescription("TCP, UDP or SCTP.") @Required PolicyProgramSpec.Protocol protocol,
      @JsonPropertyDescription("The number.") @Required @Min(1) @Max(65535) Integer port) {}
}
