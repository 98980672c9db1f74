package dev.tweed.agent.cluster;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tweed.agent.api.ApiJson;
import dev.tweed.agent.api.ApiObject;
import dev.tweed.agent.api.ObjectReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Reads what {@link MemoryRenderer} rendered, as hostile input: its objects are read as those of
 * the API, and whatever it holds the result is a view or a sentence.
 */
record MemoryReader(String nodeName) {

  /** Unpacked; some 50,000 nodes. */
  private static final int TEXT_MAX = 16 * 1024 * 1024;

  /** What was remembered: the one PodNetwork, and the NodeSubnets of it. */
  record Remembered(NetworkRecord network, List<SubnetRecord> subnets) {
    Remembered {
      subnets = List.copyOf(subnets);
    }

    RememberedObjects objects() {
      return RememberedObjects.of(network, subnets);
    }
  }

  /**
   * Reads it.
   *
   * @throws IOException saying what is wrong with it
   */
  Remembered read(byte[] packed) throws IOException {
    byte[] text;
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      text = in.readNBytes(TEXT_MAX + 1);
    }
    if (text.length > TEXT_MAX) {
      throw new IOException("it is larger than it may be");
    }
    Optional<NetworkRecord> network = Optional.empty();
    List<SubnetRecord> subnets = new ArrayList<>();
    ObjectReader<SubnetRecord> reader = new SubnetReader(nodeName);
    try (JsonParser json = ApiJson.mapper().getFactory().createParser(text)) {
      expect(json.nextToken(), JsonToken.START_OBJECT);
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String field = json.currentName();
        json.nextToken();
        switch (String.valueOf(field)) {
          case MemoryRenderer.NETWORK ->
              network = Optional.of(ApiObject.read(json, new NetworkReader()).record());
          case MemoryRenderer.SUBNETS -> {
            expect(json.currentToken(), JsonToken.START_ARRAY);
            while (json.nextToken() != JsonToken.END_ARRAY) {
              subnets.add(ApiObject.read(json, reader).record());
            }
          }
          default -> json.skipChildren();
        }
      }
    }
    NetworkRecord read = network.orElseThrow(() -> new IOException("it holds no PodNetwork"));
    if (read.unreadable().isPresent()) {
      throw new IOException("its PodNetwork: " + read.unreadable().get());
    }
    if (subnets.stream().noneMatch(subnet -> subnet.own().isPresent())) {
      throw new IOException("it holds no NodeSubnet of this node");
    }
    return new Remembered(read, subnets);
  }

  private static void expect(JsonToken is, JsonToken wanted) throws IOException {
    if (is != wanted) {
      throw new IOException("it is not of the form it should be");
    }
  }
}
