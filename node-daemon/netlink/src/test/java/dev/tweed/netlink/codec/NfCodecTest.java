package dev.tweed.netlink.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tweed.netlink.Errno;
import dev.tweed.netlink.NetlinkError;
import dev.tweed.netlink.NetlinkException;
import dev.tweed.netlink.nft.NfExpression;
import dev.tweed.netlink.nft.NfRequest;
import dev.tweed.netlink.nft.NfRule;
import dev.tweed.netlink.nft.NfRuleState;
import dev.tweed.netlink.nft.NfTableState;
import dev.tweed.netlink.nft.NfValue;
import dev.tweed.netlink.nft.SampleTable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Bytes of nf_tables beside those that nft sends, and that the kernel answers it. */
class NfCodecTest {

  /** User data that nft gives each set (NFTA_SET_USERDATA: the byte order of the key). */
  private static final String SET_USER_DATA = "0a000d000004020000000000";

  private static final int FLAGS = 6;

  @Test
  void transactionIsThatOfNft() {
    List<byte[]> nft = split(Bytes.recorded("nft-batch.hex"));
    List<byte[]> ours = split(Nf.encode(SampleTable.requests(), 0));

    assertThat(ours).hasSameSizeAs(nft);
    for (int i = 0; i < nft.size(); i++) {
      byte[] expected = withoutUserData(nft.get(i));
      if (i == nft.size() - 2) {
        expected[FLAGS] |= Rt.NLM_F_ACK; // nft asks for none, and looks whether there was an error
      }
      assertThat(ours.get(i)).as("message %d", i).isEqualTo(expected);
    }
  }

  private static byte[] withoutUserData(byte[] message) {
    byte[] data = Bytes.hex(SET_USER_DATA);
    int end = message.length - data.length;
    if (end < 0 || !Arrays.equals(Arrays.copyOfRange(message, end, message.length), data)) {
      return message;
    }
    byte[] without = Arrays.copyOf(message, end);
    without[0] = (byte) end;
    return without;
  }

  private static List<byte[]> split(byte[] datagram) {
    ByteBuffer bytes = ByteBuffer.wrap(datagram).order(java.nio.ByteOrder.nativeOrder());
    List<byte[]> messages = new ArrayList<>();
    for (int at = 0; at < datagram.length; ) {
      int length = Rt.align(bytes.getInt(at));
      messages.add(Arrays.copyOfRange(datagram, at, at + length));
      at += length;
    }
    return messages;
  }

  @Test
  void listingIsReadAsWhatWasSent() {
    List<Message> listing = Bytes.messages(Bytes.recorded("nft-list.hex"));

    assertThat(of(listing, Rt.NF_NEWTABLE).map(NfDecoder::table))
        .allSatisfy(
            table -> assertThat(table.map(NfTableState::table)).contains(SampleTable.TABLE));
    assertThat(of(listing, Rt.NF_NEWCHAIN).flatMap(m -> NfDecoder.chain(m).stream()))
        .containsExactlyInAnyOrder(SampleTable.STRANGERS, SampleTable.INPUT);
    assertThat(of(listing, Rt.NF_NEWSET).flatMap(m -> NfDecoder.set(m).stream()))
        .containsExactlyElementsOf(SampleTable.SETS);
    assertThat(of(listing, Rt.NF_NEWSETELEM).flatMap(m -> NfDecoder.elements(m).stream()))
        .containsExactlyInAnyOrderElementsOf(
            SampleTable.values("192.0.2.2", "192.0.2.4", "2001:db8::2"));
    assertThat(
            SampleTable.known(
                of(listing, Rt.NF_NEWRULE)
                    .flatMap(m -> NfDecoder.rule(m).stream())
                    .map(NfRuleState::rule)
                    .toList()))
        .isEqualTo(SampleTable.known(SampleTable.RULES));
  }

  private static java.util.stream.Stream<Message> of(List<Message> messages, int type) {
    return messages.stream().filter(message -> message.type() == type);
  }

  @Test
  void refusalHasTheNumberOfItsRequest() {
    Message message = Bytes.messages(Bytes.recorded("nft-refusal.hex")).getFirst();

    assertThat(message.sequence()).isEqualTo(1);
    assertThat(Acknowledgement.decode(message).error())
        .contains(new NetlinkError(Errno.ENOENT, ""));
  }

  @Test
  void manyElementsAreSeveralMessagesOfOneNumber() {
    List<NfValue> values =
        IntStream.range(0, 10_000).mapToObj(i -> NfValue.ofNumber(i, 4)).toList();
    List<NfRequest> requests =
        List.of(new NfRequest.AddElements(SampleTable.TABLE, "peers-ipv4", values));

    byte[] bytes = Nf.encode(requests, 7);
    List<Message> messages = Bytes.messages(bytes);

    assertThat(messages).hasSizeGreaterThan(4);
    assertThat(messages.subList(1, messages.size() - 1))
        .extracting(Message::sequence)
        .containsOnly(8);
    assertThat(of(messages, Rt.NF_NEWSETELEM).flatMap(m -> NfDecoder.elements(m).stream()))
        .containsExactlyElementsOf(values);
    assertThat(bytes.length).isLessThanOrEqualTo(NfRequestEncoder.maxBytes(requests));
  }

  @Test
  void namesThatNoKernelHasAreMalformed() {
    ByteBuffer buffer = ByteBuffer.allocate(512);
    MessageWriter writer = new MessageWriter(buffer);
    writer.begin(Rt.NF_NEWTABLE, 0, 1);
    writer.u8(1).u8(0).u16(0);
    writer.attributeText(Rt.NFTA_TABLE, "n".repeat(256));
    writer.end();
    Message message = Bytes.messages(Arrays.copyOf(buffer.array(), buffer.position())).getFirst();

    assertThatThrownBy(() -> NfDecoder.table(message))
        .isInstanceOfSatisfying(
            NetlinkException.class,
            e -> assertThat(e.reason()).isEqualTo(NetlinkException.Reason.MALFORMED));
  }

  @Test
  void whatIsReadOnlyIsNotWritten() {
    NfRule rule =
        new NfRule(SampleTable.TABLE, "input", List.of(new NfExpression.Other("fib")), "");

    assertThatThrownBy(() -> Nf.encode(List.of(new NfRequest.AddRule(rule)), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fib");
  }
}
