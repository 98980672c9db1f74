package dev.tweed.firewall;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The same ruleset, whole, as the list of chains; the parser takes what it needs. */
record FixedListing(String ruleset) implements NftListing {
  @Override
  public InputStream chains() {
    return stream(ruleset);
  }

  @Override
  public InputStream table(String family, String name) {
    return stream(TableListing.of(ruleset, family, name));
  }

  private static InputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
