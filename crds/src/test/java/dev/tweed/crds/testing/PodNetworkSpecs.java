package dev.tweed.crds.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tweed.crds.PodNetworkSpec;
import java.util.List;

/** PodNetworks for tests, of which each says the fields it is about. */
public final class PodNetworkSpecs {

  private static final ObjectMapper JSON = new ObjectMapper();

  private PodNetworkSpecs() {}

  /** A spec with these pools, and all else by default. */
  public static PodNetworkSpec of(PodNetworkSpec.Pool... pools) {
    return PodNetworkSpec.ofPools(List.of(pools));
  }

  /** A spec with a pool whose blocks have 24 bits, and all else by default. */
  public static PodNetworkSpec of(String cidr) {
    return of(new PodNetworkSpec.Pool(cidr, 24, null));
  }

  /**
   * The same spec but for one field.
   *
   * @param field as in YAML
   * @throws IllegalArgumentException if a PodNetwork has none of that name
   */
  public static PodNetworkSpec with(PodNetworkSpec spec, String field, Object value) {
    ObjectNode fields = JSON.valueToTree(spec);
    fields.set(field, JSON.valueToTree(value));
    return JSON.convertValue(fields, PodNetworkSpec.class);
  }
}
