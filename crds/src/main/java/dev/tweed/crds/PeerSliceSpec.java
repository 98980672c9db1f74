package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/** Members of one slice; read by {@link PeerSliceReader}. */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonClassDescription("Members of the set that are in this slice; one may be in two of them.")
public record PeerSliceSpec(
    @JsonPropertyDescription(
            "In the first slice (index 0) only: how many slices the set has. Written after slices"
                + " that are added, and before those that are removed.")
        @Min(1)
        @Max(10000)
        Integer slices,
    @JsonPropertyDescription("Addresses of pods, of both families.")
        @Size(max = Limits.SLICE_MEMBERS)
        List<@Size(min = 2, max = Limits.IP) @Pattern(Limits.IP_PATTERN) String> addresses,
    @JsonPropertyDescription(
            "16 digits of SHA-256 of the names of namespaces in which a policy can select pods: a"
                + " new pod there waits until the operator has said which do.")
        @Size(max = Limits.SLICE_MEMBERS)
        List<@Size(max = 16) @Pattern("^[0-9a-f]{16}$") String> namespaces,
    @JsonPropertyDescription("In the first slice of set namespaces: pods of every namespace wait.")
        Boolean all) {
  public PeerSliceSpec {
    addresses = addresses == null ? List.of() : List.copyOf(addresses);
    namespaces = namespaces == null ? List.of() : List.copyOf(namespaces);
    all = Boolean.TRUE.equals(all) ? true : null; // absent is shorter
  }
}
