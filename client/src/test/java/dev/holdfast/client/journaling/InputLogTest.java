package dev.holdfast.client.journaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a machine received, as it is stored. */
final class InputLogTest {
  private static final Availability.Lookup GOOD = upstream -> Availability.GOOD;

  private final InputLog log =
      new InputLog(bytes -> !Redactor.of(List.of("secret-of-a-test")).mask(bytes).isEmpty());

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private void arrives(String text) {
    log.received(new Signal.BytesArrived(1, bytes(text)), 5, GOOD);
  }

  @Test
  void everySignalSurvives() {
    var failure = Failure.retryable(Cause.CONNECTION_LOST, "it \"broke\"\n\u00e9");
    var head =
        new ResponseHead(200, Map.of("x-a", List.of("1", "2"), "content-type", List.of("é; q")));
    var signals =
        List.<Signal>of(
            new Signal.Begin(),
            new Signal.HeadersArrived(3, head, 77),
            new Signal.BytesArrived(3, bytes("data: é")),
            new Signal.EndOfBody(3),
            new Signal.Failed(4, failure),
            new Signal.TimerFired(),
            new Signal.Paused(),
            new Signal.Demand(),
            new Signal.Cancelled());
    for (int i = 0; i < signals.size(); i++) {
      log.received(signals.get(i), 10L * i, GOOD);
    }
    var read = InputCodec.read(ByteBuffer.wrap(log.take()));
    assertThat(read).extracting(InputCodec.Input::signal).isEqualTo(signals);
    assertThat(read).extracting(InputCodec.Input::nanos).first().isEqualTo(0L);
    assertThat(read).extracting(InputCodec.Input::nanos).last().isEqualTo(80L);
    assertThat(log.take()).isEmpty();
  }

  @Test
  void whatTheMachineAskedIsThere() {
    var bad = new Availability(false, 99, true);
    var asked =
        log.received(new Signal.Begin(), 0, upstream -> upstream == 1 ? bad : Availability.GOOD);
    assertThat(asked.of(1)).isEqualTo(bad);
    assertThat(asked.of(0)).isEqualTo(Availability.GOOD);
    log.received(new Signal.TimerFired(), 1, GOOD);
    var read = InputCodec.read(ByteBuffer.wrap(log.take()));
    assertThat(read.getFirst().availabilities())
        .containsExactlyInAnyOrderEntriesOf(Map.of(0, Availability.GOOD, 1, bad));
    assertThat(read.getLast().availabilities()).isEmpty();
  }

  @Test
  void nothingIsRecordedOnceAProviderRepeatsAKey() {
    arrives("data: one");
    assertThat(log.take()).isNotEmpty();
    arrives("data: your key secret-of-a-test is wrong");
    arrives("data: two");
    assertThat(log.take()).isEmpty();
  }

  @Test
  void aKeyOverTwoPiecesIsAKey() {
    arrives("data: your key secret-");
    arrives("of-a-test is wrong");
    assertThat(log.take()).isEmpty();
  }

  @Test
  void cookiesAreNotRecorded() {
    var head =
        new ResponseHead(200, Map.of("Set-Cookie", List.of("session=1"), "x-a", List.of("1")));
    log.received(new Signal.HeadersArrived(1, head, 0), 0, GOOD);
    var read = InputCodec.read(ByteBuffer.wrap(log.take()));
    assertThat(read.getFirst().signal())
        .isEqualTo(
            new Signal.HeadersArrived(1, new ResponseHead(200, Map.of("x-a", List.of("1"))), 0));
  }

  @Test
  void inputThatNoEventTakesIsBounded() {
    String piece = "x".repeat(1 << 20);
    for (int i = 0; i < 20; i++) {
      arrives(piece);
    }
    assertThat(log.take()).isEmpty();
  }
}
