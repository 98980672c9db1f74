package dev.tweed.netlink.nft;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** One change of a transaction. */
public sealed interface NfRequest {

  /** Makes a table, unless it is there. */
  record AddTable(NfTable table) implements NfRequest {}

  /** Removes a table with all that is in it; refused if it is not there. */
  record DeleteTable(NfTable table) implements NfRequest {}

  /** Makes a chain, unless it is there. */
  record AddChain(NfChain chain) implements NfRequest {}

  /** Makes a set, unless it is there. */
  record AddSet(NfSet set) implements NfRequest {}

  /** Makes a set that nobody can change while a rule asks it. */
  record AddConstant(NfTable table, String set, NfExpression.AnyOf content) implements NfRequest {
    /** Refuses what is no name. */
    public AddConstant {
      Objects.requireNonNull(table, "table");
      NfNames.require(set);
      Objects.requireNonNull(content, "content");
    }
  }

  /** Removes a chain that nothing leads to any more; refused if it is not there. */
  record DeleteChain(NfTable table, String chain) implements NfRequest {
    /** Refuses what is no name. */
    public DeleteChain {
      Objects.requireNonNull(table, "table");
      NfNames.require(chain);
    }
  }

  /** Removes a set that no rule asks any more; refused if it is not there. */
  record DeleteSet(NfTable table, String set) implements NfRequest {
    /** Refuses what is no name. */
    public DeleteSet {
      Objects.requireNonNull(table, "table");
      NfNames.require(set);
    }
  }

  /** Puts a rule behind the others of its chain. */
  record AddRule(NfRule rule) implements NfRequest {}

  /** Puts a rule before the one of this number in its chain; refused if that is not there. */
  record InsertRule(NfRule rule, long before) implements NfRequest {}

  /** Removes all rules of a chain; refused if that is not there. */
  record DeleteRules(NfTable table, String chain) implements NfRequest {
    /** Refuses what is no name. */
    public DeleteRules {
      Objects.requireNonNull(table, "table");
      NfNames.require(chain);
    }
  }

  /** Removes a rule; refused if it is not there. */
  record DeleteRule(NfTable table, String chain, long handle) implements NfRequest {
    /** Refuses what is no name. */
    public DeleteRule {
      Objects.requireNonNull(table, "table");
      NfNames.require(chain);
    }
  }

  /** Adds elements to a set; those that are there already stay. */
  record AddElements(NfTable table, String set, List<NfValue> elements) implements NfRequest {
    /** Copies the list. */
    public AddElements {
      Objects.requireNonNull(table, "table");
      NfNames.require(set);
      elements = List.copyOf(elements);
    }
  }

  /** Adds elements with verdicts; refused if one is there with another verdict. */
  record AddVerdicts(NfTable table, String set, Map<NfValue, NfExpression.Verdict> verdicts)
      implements NfRequest {
    /** Copies the map. */
    public AddVerdicts {
      Objects.requireNonNull(table, "table");
      NfNames.require(set);
      verdicts = Collections.unmodifiableMap(new TreeMap<>(verdicts));
    }
  }

  /** Takes elements from a set; refused if one is not there. */
  record DeleteElements(NfTable table, String set, List<NfValue> elements) implements NfRequest {
    /** Copies the list. */
    public DeleteElements {
      Objects.requireNonNull(table, "table");
      NfNames.require(set);
      elements = List.copyOf(elements);
    }
  }
}
