package dev.tweed.firewall;

/** The same ruleset, whole, as the list of chains; the parser takes what it needs. */
record FixedListing(String ruleset) implements NftListing {
  @Override
  public String chains() {
    return ruleset;
  }

  @Override
  public String table(String family, String name) {
    return TableListing.of(ruleset, family, name);
  }
}
