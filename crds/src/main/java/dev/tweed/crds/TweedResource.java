package dev.tweed.crds;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.List;

/**
 * An object of Tweed, with what could not be read of it. CRDs are updated before the operator, and
 * an operator may be put back behind them: fields with values it does not know are absent then.
 */
public abstract class TweedResource<S, T> extends CustomResource<S, T> {
  @JsonIgnore private List<UnknownValue> unknownValues = List.of();

  /** Values that are absent because this version does not know them. */
  @JsonIgnore
  public List<UnknownValue> getUnknownValues() {
    return unknownValues;
  }

  /** For whoever reads the object. */
  @JsonIgnore
  public void setUnknownValues(List<UnknownValue> unknownValues) {
    this.unknownValues = List.copyOf(unknownValues);
  }
}
