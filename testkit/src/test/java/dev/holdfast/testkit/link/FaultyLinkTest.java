package dev.holdfast.testkit.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerGenerator;
import dev.holdfast.testkit.answer.AnswerStyle;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.ScriptedModel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class FaultyLinkTest {
  private static final boolean LONG = Boolean.getBoolean("holdfast.long");

  private static Transmission carry(Protocol protocol, long seed, String specs) {
    var model =
        new ScriptedModel(protocol, AnswerGenerator.answer(seed), new Continuation.Exact(), seed);
    return new FaultyLink(protocol, seed)
        .carry(model.reply(Requests.of(protocol, "Hi"), 1), Fault.parseAll(specs), 1000, 5_000);
  }

  private static String hash(Transmission transmission) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
    int count = 0;
    for (LinkDelivery delivery : transmission) {
      digest.update(
          (delivery.atNanos() + " " + delivery.kind() + "\n").getBytes(StandardCharsets.UTF_8));
      digest.update(delivery.bytes());
      if (++count == 2000) {
        break;
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void oneSeedGivesTheSameBytesAtTheSameTimes(Protocol protocol) {
    var hashes = new ArrayList<String>();
    for (Fault fault : Fault.examples()) {
      if (fault instanceof Fault.Shaped(Shape shape, Position at) && !shape.exists(protocol)) {
        continue; // It leaves the answer as it is, as all of its kind do.
      }
      for (long seed = 0; seed < (LONG ? 6 : 2); seed++) {
        String specs = fault.spec() + "; slices@max=17";
        Transmission transmission = carry(protocol, seed, specs);
        String hash = hash(transmission);

        assertThat(hash(transmission)).as("read twice, %s, seed %d", fault, seed).isEqualTo(hash);
        assertThat(hash(carry(protocol, seed, specs)))
            .as("made twice, %s, seed %d", fault, seed)
            .isEqualTo(hash);
        hashes.add(hash);
      }
    }
    assertThat(hashes.stream().distinct().count()).isGreaterThan(hashes.size() / 2);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void everyDeliveryIsInOrderAndTheLastOneEnds(Protocol protocol) {
    for (Fault fault : Fault.examples()) {
      long now = 1000;
      List<LinkDelivery.Kind> kinds = new ArrayList<>();
      for (LinkDelivery delivery : carry(protocol, 4, smaller(fault))) {
        assertThat(delivery.atNanos()).isGreaterThanOrEqualTo(now);
        now = delivery.atNanos();
        kinds.add(delivery.kind());
      }
      LinkDelivery.Kind last = kinds.removeLast();

      assertThat(last).as(fault.spec()).isNotIn(LinkDelivery.Kind.HEAD, LinkDelivery.Kind.BYTES);
      if (fault.cause(protocol) == Cause.CONNECTION_FAILED) {
        // Those of TLS do not strike here.
        assertThat(kinds.size()).as(fault.spec()).isNotEqualTo(1);
      } else {
        assertThat(kinds.removeFirst()).isEqualTo(LinkDelivery.Kind.HEAD);
        assertThat(kinds).as(fault.spec()).containsOnly(LinkDelivery.Kind.BYTES);
      }
    }
  }

  private static String smaller(Fault fault) {
    return fault.spec().replaceAll("bytes=\\d+[kmg]", "bytes=100k").replace("1000000", "1000");
  }

  @Test
  void bodiesWithoutEndTakeNoMemory() {
    Transmission transmission =
        carry(Protocol.OPENAI_CHAT, 1, "endless-line@event=1,bytes=900000m");
    long bytes = 0;
    int deliveries = 0;
    for (LinkDelivery delivery : transmission) {
      bytes += delivery.bytes().remaining();
      if (++deliveries == 1_000_000) {
        break;
      }
    }

    assertThat(bytes).isGreaterThan(8_000_000_000L);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          # fault                              | openai-chat         | anthropic-messages
          cut-fin@token=2                      | connection-lost     | connection-lost
          cut-fin@head                         | connection-failed   | connection-failed
          cut-fin@finish                       | connection-lost     | connection-lost
          cut-rst@done                         | missing-done        | connection-lost
          cut-rst@event=9999                   | -                   | -
          end-early@token=2                    | truncated           | truncated
          end-early@done                       | missing-done        | truncated
          missing-done                         | missing-done        | truncated
          done-without-finish                  | truncated           | truncated
          malformed-json@token=2               | malformed-json      | malformed-json
          malformed-sse@token=2                | malformed-frame     | malformed-frame
          stall@token=0                        | first-token-timeout | first-token-timeout
          stall@token=2                        | idle-timeout        | idle-timeout
          stall@token=2,keep-alive=1s          | progress-timeout    | progress-timeout
          stall@done                           | missing-done        | idle-timeout
          error-event@done                     | provider-error      | provider-error
          error-event@token=2,trouble=overloaded | overloaded        | overloaded
          slow; slices                         | -                   | -
          slow; cut-fin@token=2                | connection-lost     | connection-lost
          cut-fin@token=9; cut-rst@token=2     | connection-lost     | connection-lost
          end-early@token=9; malformed-json@token=2 | malformed-json | malformed-json
          html-page@code=200                   | malformed-frame     | malformed-frame
          html-page@code=502                   | provider-error      | provider-error
          status@code=400                      | rejected            | rejected
          second-start@token=2                 | -                   | protocol-violation
          """)
  void theCauseIsThatOfWhatStrikesFirst(
      String specs, @Nullable String chat, @Nullable String messages) {
    assertThat(id(plain(Protocol.OPENAI_CHAT, specs).cause())).isEqualTo(chat);
    assertThat(id(plain(Protocol.ANTHROPIC_MESSAGES, specs).cause())).isEqualTo(messages);
  }

  private static Transmission plain(Protocol protocol, String specs) {
    String text = AnswerGenerator.text(1, AnswerStyle.ENGLISH, 20);
    var model = new ScriptedModel(protocol, Answer.ofText(text), new Continuation.Exact(), 1);
    return new FaultyLink(protocol, 1)
        .carry(model.reply(Requests.of(protocol, "Hi"), 1), Fault.parseAll(specs), 0, 0);
  }

  private static @Nullable String id(@Nullable Cause cause) {
    return cause == null ? null : cause.id();
  }

  @Test
  void whatTheReplyDoesNotReachDoesNotStrike() {
    assertThat(plain(Protocol.OPENAI_CHAT, "cut-rst@event=9999; slow").struck())
        .containsExactly(Fault.parse("slow"));
    assertThat(plain(Protocol.OPENAI_CHAT, "cut-fin@token=9; cut-rst@token=2").struck())
        .containsExactly(Fault.parse("cut-rst@token=2"));
  }

  @Test
  void anyFaultsInAnyOrderGiveATransmission() {
    List<Protocol> protocols = List.of(Protocol.values());
    long base = Long.getLong("holdfast.seed", 0);
    int seeds = base != 0 ? 1 : LONG ? 2000 : 500;
    for (long seed = base; seed < base + seeds; seed++) {
      var random = new SplittableRandom(seed);
      var faults = new ArrayList<Fault>();
      for (int i = 0; i < 4; i++) {
        List<Fault> all = Fault.examples();
        String spec = smaller(all.get(random.nextInt(all.size())));
        String place = List.of("token", "event").get(random.nextInt(2)) + "=" + random.nextInt(40);
        faults.add(Fault.parse(spec.replace("token=3", place)));
        faults.add(new Fault.Slices(1 + random.nextInt(3000)));
        if (random.nextInt(3) == 0) {
          faults.add(new Fault.CutRst(Position.bytes(random.nextInt(9000))));
        }
      }
      Protocol protocol = protocols.get(random.nextInt(protocols.size()));
      var model =
          new ScriptedModel(protocol, AnswerGenerator.answer(seed), new Continuation.Exact(), seed);
      Transmission transmission =
          new FaultyLink(protocol, seed)
              .carry(model.reply(Requests.of(protocol, "Hi"), 1), faults, 0, 0);
      int ends = 0;
      for (LinkDelivery delivery : transmission) {
        boolean body =
            delivery.kind() == LinkDelivery.Kind.HEAD || delivery.kind() == LinkDelivery.Kind.BYTES;
        assertThat(ends).as("replay with -Dholdfast.seed=%d", seed).isZero();
        ends += body ? 0 : 1;
      }
      assertThat(ends).as("replay with -Dholdfast.seed=%d", seed).isEqualTo(1);
    }
  }
}
