package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ObjectMeta;
import dev.tweed.agent.api.ObjectReader;
import dev.tweed.crds.NodeSubnetSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads NodeSubnets field by field: there are thousands, and little of each is kept. */
final class SubnetReader implements ObjectReader<SubnetRecord> {

  private final SubnetParser parser;

  /**
   * @param ownNode name of this node; its own subnets keep more
   */
  SubnetReader(String ownNode) {
    this.parser = new SubnetParser(ownNode);
  }

  @Override
  public Fields<SubnetRecord> begin() {
    return new Subnet();
  }

  private final class Subnet implements Fields<SubnetRecord> {
    private String podNetwork;
    private String nodeName;
    private String nodeUid;
    private String cidr;
    private final List<String> nodeIps = new ArrayList<>();
    private String vtepMac;
    private Optional<String> wrong = Optional.empty();
    private int mtu;

    @Override
    public void field(String name, JsonParser value) throws IOException {
      switch (name) {
        case "spec" -> ApiJson.fields(value, this::spec);
        default -> value.skipChildren();
      }
    }

    @Override
    public SubnetRecord of(ObjectMeta meta) {
      return parser.parse(
          meta,
          new NodeSubnetSpec(podNetwork, nodeName, nodeUid, cidr, nodeIps, vtepMac, mtu),
          wrong);
    }

    private void spec(String field, JsonParser value) throws IOException {
      switch (field) {
        case "podNetwork" -> podNetwork = text(field, value);
        case "nodeName" -> nodeName = text(field, value);
        case "nodeUID" -> nodeUid = text(field, value);
        case "cidr" -> cidr = text(field, value);
        case "vtepMAC" -> vtepMac = text(field, value);
        case "nodeIPs" -> nodeIps(value);
        case "mtu" -> mtu = ApiJson.integer(value);
        default -> value.skipChildren();
      }
    }

    private void nodeIps(JsonParser value) throws IOException {
      if (value.currentToken() != JsonToken.START_ARRAY) {
        text("nodeIPs", value);
        return;
      }
      while (value.nextToken() != JsonToken.END_ARRAY) {
        String address = text("nodeIPs", value);
        // One more than there can be is enough to see that there are too many.
        if (nodeIps.size() <= SubnetParser.NODE_IPS_MAX) {
          nodeIps.add(address == null ? "" : address);
        }
      }
    }

    private String text(String field, JsonParser value) throws IOException {
      if (value.currentToken() != JsonToken.VALUE_STRING
          && value.currentToken() != JsonToken.VALUE_NULL) {
        wrong = Optional.of(field);
      }
      return ApiJson.text(value);
    }
  }
}
