package dev.tweed.crds;

/**
 * The CEL that ties a NodeSubnet's name to its block; the mirror image of {@link NodeSubnetName}.
 */
final class NodeSubnetRules {

  // CEL cannot expand ::, so the rule turns the name into the address it stands for. The patterns
  // leave one name per block: no leading zeros in IPv4, all four digits of each group in IPv6.
  static final String NAME =
      "!isCIDR(self.spec.cidr) ? true"
          + " : cidr(self.spec.cidr).ip().family() == 4"
          + " ? self.metadata.name == self.spec.cidr.replace('.', '-').replace('/', '-')"
          + " : self.metadata.name.matches('^([0-9a-f]{4}-){8}[0-9]{1,3}$')"
          + " && isCIDR(self.metadata.name.replace('-', ':', 7).replace('-', '/'))"
          + " && cidr(self.metadata.name.replace('-', ':', 7).replace('-', '/'))"
          + " == cidr(self.spec.cidr)";

  static final String NAME_MESSAGE =
      "metadata.name must be spec.cidr with hyphens (10-244-3-0-24; IPv6 with all eight groups of"
          + " four digits: fd00-0010-0244-0000-0000-0000-0000-0000-64), because creating the name"
          + " claims the block";

  private NodeSubnetRules() {}
}
