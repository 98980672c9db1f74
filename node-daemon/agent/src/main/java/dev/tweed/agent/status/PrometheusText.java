package dev.tweed.agent.status;

/** Prometheus' text format. Labels here need no escapes. */
final class PrometheusText {

  private final StringBuilder text = new StringBuilder();
  private String name = "";

  /** Begins a metric. */
  PrometheusText family(String name, String type, String help) {
    this.name = name;
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    return this;
  }

  PrometheusText sample(double value) {
    return sample("", value);
  }

  /**
   * @param suffix of the name, as those of a summary have
   */
  PrometheusText sample(String suffix, double value) {
    text.append(name).append(suffix).append(' ').append(value).append('\n');
    return this;
  }

  PrometheusText sample(String label, String labelled, double value) {
    text.append(name).append('{').append(label).append("=\"").append(labelled).append("\"} ");
    text.append(value).append('\n');
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
