package dev.tweed.netlink.socket;

import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.codec.EventDecoder;
import dev.tweed.netlink.codec.Message;
import dev.tweed.netlink.codec.NfDecoder;
import dev.tweed.netlink.codec.QueryEncoder;
import dev.tweed.netlink.codec.Rt;
import dev.tweed.netlink.nft.NfChain;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfSet;
import dev.tweed.netlink.nft.NfTable;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfTables;
import dev.tweed.netlink.nft.NfValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;

/**
 * {@link NfTables} over a netlink socket, which is opened with the first call, in the network
 * namespace of its thread, and anew after an exchange that broke off. Needs CAP_NET_ADMIN for
 * reading, too. Safe for use by several threads.
 *
 * <p>A kernel without nf_tables gives no socket, or answers no question; either is a {@link
 * NetlinkException} each time.
 */
public final class NfTablesSocket implements NfTables {

  private Optional<KernelExchange> exchange = Optional.empty(); // guarded by this
  private boolean closed; // guarded by this
  private volatile int port;

  @Override
  public int generation() {
    return with(kernel ->
            kernel.get(
                QueryEncoder::nftGeneration,
                Rt.NF_NEWGEN,
                message -> boxed(EventDecoder.nftGeneration(message)),
                error -> false))
        .orElseThrow(() -> NetlinkException.malformed("the ruleset has no number"));
  }

  private static Optional<Integer> boxed(OptionalInt number) {
    return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
  }

  @Override
  public Optional<NfTableState> table(NfTable table) {
    return get(
        (query, sequence) -> query.nfTable(table, sequence), Rt.NF_NEWTABLE, NfDecoder::table);
  }

  @Override
  public Optional<NfChain> chain(NfTable table, String name) {
    return get(
        (query, sequence) -> query.nfChain(table, name, sequence),
        Rt.NF_NEWCHAIN,
        NfDecoder::chain);
  }

  @Override
  public Optional<NfSet> set(NfTable table, String name) {
    return get(
        (query, sequence) -> query.nfSet(table, name, sequence), Rt.NF_NEWSET, NfDecoder::set);
  }

  private <T> Optional<T> get(
      ObjIntConsumer<QueryEncoder> encode, int answerType, Function<Message, Optional<T>> decode) {
    return with(kernel -> kernel.get(encode, answerType, decode, NfTablesSocket::meansNone));
  }

  @Override
  public List<NfRule> rules(NfTable table, String chain) {
    return with(
        kernel ->
            // Kernels before 4.17 do not look at the names they are asked for.
            kernel.dump(
                (query, sequence) -> query.nfRules(table, chain, sequence),
                Rt.NF_NEWRULE,
                message ->
                    NfDecoder.rule(message)
                        .map(NfRuleState::rule)
                        .filter(rule -> rule.table().equals(table) && rule.chain().equals(chain))));
  }

  @Override
  public List<NfRuleState> rules(NfTable table) {
    return with(
        kernel ->
            kernel.dump(
                (query, sequence) -> query.nfRules(table, sequence),
                Rt.NF_NEWRULE,
                message ->
                    NfDecoder.rule(message).filter(state -> state.rule().table().equals(table))));
  }

  @Override
  public List<String> chains(NfTable table) {
    return with(
        kernel ->
            kernel.dump(
                (query, sequence) -> query.nfChains(table, sequence),
                Rt.NF_NEWCHAIN,
                message -> NfDecoder.chainName(message, table)));
  }

  @Override
  public List<String> sets(NfTable table) {
    return with(
        kernel ->
            kernel.dump(
                (query, sequence) -> query.nfSets(table, sequence),
                Rt.NF_NEWSET,
                message -> NfDecoder.setName(message, table),
                NfTablesSocket::meansNone));
  }

  @Override
  public Map<NfValue, NfExpression.Verdict> verdicts(NfTable table, String set) {
    Map<NfValue, NfExpression.Verdict> all = new HashMap<>();
    with(kernel ->
            kernel.dump(
                (query, sequence) -> query.nfElements(table, set, sequence),
                Rt.NF_NEWSETELEM,
                message -> Optional.of(NfDecoder.verdicts(message)),
                NfTablesSocket::meansNone))
        .forEach(all::putAll);
    return all;
  }

  @Override
  public List<NfValue> elements(NfTable table, String set) {
    return with(
            kernel ->
                kernel.dump(
                    (query, sequence) -> query.nfElements(table, set, sequence),
                    Rt.NF_NEWSETELEM,
                    message -> Optional.of(NfDecoder.elements(message)),
                    NfTablesSocket::meansNone))
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  @Override
  public Optional<Refusal> execute(List<NfRequest> transaction) {
    return transaction.isEmpty()
        ? Optional.empty()
        : with(kernel -> kernel.transact(List.copyOf(transaction)));
  }

  @Override
  public int portId() {
    return port;
  }

  private static boolean meansNone(NetlinkError error) {
    return error.errno() == Errno.ENOENT;
  }

  private synchronized <T> T with(Function<KernelExchange, T> call) {
    if (closed) {
      throw new NetlinkException(NetlinkException.Reason.CLOSED, 0, "the netlink socket is closed");
    }
    if (exchange.isEmpty()) {
      exchange = Optional.of(KernelExchange.open(Rt.NETLINK_NETFILTER));
      port = exchange.get().port();
    }
    try {
      return call.apply(exchange.get());
    } catch (NetlinkException failure) {
      if (failure.reason() != NetlinkException.Reason.REFUSED) {
        exchange.get().close();
        exchange = Optional.empty();
      }
      throw failure;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    exchange.ifPresent(KernelExchange::close);
    exchange = Optional.empty();
  }
}
