package dev.holdfast.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.stream.Cause;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class FaultTest {
  static List<Fault> all() {
    return Fault.examples();
  }

  @Test
  void everyFaultHasAnExample() {
    var permitted = Arrays.stream(Fault.class.getPermittedSubclasses()).collect(Collectors.toSet());

    assertThat(all())
        .filteredOn(fault -> !(fault instanceof Fault.Shaped))
        .extracting(Object::getClass)
        .doesNotHaveDuplicates();
    assertThat(all())
        .extracting(Object::getClass)
        .as("every fault must be in FaultSpec.EXAMPLES")
        .containsAll(permitted);
    assertThat(all())
        .filteredOn(Fault.Shaped.class::isInstance)
        .extracting(fault -> ((Fault.Shaped) fault).shape())
        .containsExactly(Shape.values());
    assertThat(all()).extracting(Fault::id).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("all")
  void whatIsWrittenIsReadBack(Fault fault) {
    assertThat(Fault.parse(fault.spec())).isEqualTo(fault);
    assertThat(Fault.parse(fault.id())).isEqualTo(fault);
  }

  @ParameterizedTest
  @MethodSource("all")
  void aRecoverableFaultNamesACause(Fault fault) {
    for (Protocol protocol : Protocol.values()) {
      if (fault.remedy(protocol) == Fault.Remedy.RECOVER) {
        assertThat(fault.cause(protocol)).as("%s, %s", fault, protocol).isNotNull();
      }
    }
  }

  @Test
  void readsEveryKindOfPosition() {
    assertThat(Fault.parse("cut-rst@event=5")).isEqualTo(new Fault.CutRst(Position.event(5)));
    assertThat(Fault.parse("cut-fin@byte=2k")).isEqualTo(new Fault.CutFin(Position.bytes(2048)));
    assertThat(Fault.parse("cut-fin@token=0")).isEqualTo(new Fault.CutFin(Position.token(0)));
    assertThat(Fault.parse("cut-fin@head")).isEqualTo(new Fault.CutFin(new Position.BeforeHead()));
    assertThat(Fault.parse("cut-fin@finish"))
        .isEqualTo(new Fault.CutFin(new Position.BeforeFinish()));
    assertThat(Fault.parse("cut-fin@done")).isEqualTo(new Fault.CutFin(new Position.BeforeDone()));
  }

  @Test
  void readsSeveralFaults() {
    assertThat(Fault.parseAll("slow@delay=2ms; stall@event=1,for=200ms,keep-alive=50ms;"))
        .containsExactly(
            new Fault.Slow(Duration.ofMillis(2)),
            new Fault.Stall(Position.event(1), Duration.ofMillis(200), Duration.ofMillis(50)));
  }

  @Test
  void readsAStatusWithItsWait() {
    assertThat(Fault.parse("status@code=429,retry-after=250ms,spelling=millis"))
        .isEqualTo(new Fault.Status(429, RetryAfterHeader.millis(250)));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cut                          | fault: must be one of cut-fin
          cut-rst@events=5             | cut-rst: must have no other keys than head, event, token, byte, finish, done, each once, was events
          cut-rst@event=five           | event: must be a whole number, was five
          cut-rst@event=5,event=6      | cut-rst: must have no other keys than head, event, token, byte, finish, done, each once, was event
          end-early@head               | end-early: must have no other keys than event, token, byte, finish, done, each once, was head
          gzip@level=9                 | gzip: must have no keys, was level
          slow@dely=1s                 | slow: must have no other keys than delay, each once, was dely
          malformed-json@byte=7        | at: must name an event or token, was byte=7
          stall@for=soon               | for: must be a time such as 200ms, 2s or 1h, was soon
          stall@for=0s                 | for: must be positive, was PT0S
          status@code=200              | code: must be 400 to 599, was 200
          status@code=429,spelling=sec | spelling: must be one of seconds
          endless-line@bytes=much      | bytes: must be a number of bytes, k, m or g, was much
          error-event@trouble=none     | trouble: must be one of server
          """)
  void namesPartRuleAndValueOfABadSpec(String spec, String message) {
    assertThatThrownBy(() -> Fault.parse(spec))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aMissingMarkerIsACutWhereItIsTheOnlyProof() {
    var fault = new Fault.MissingDone();

    assertThat(fault.cause(Protocol.OPENAI_CHAT)).isEqualTo(Cause.MISSING_DONE);
    assertThat(fault.cause(Protocol.ANTHROPIC_MESSAGES)).isEqualTo(Cause.TRUNCATED);
  }

  @Test
  void retryAfterIsSpelledAsAsked() {
    long at = 1_000_000_000_001L;
    var wait = Duration.ofMillis(1250);

    assertThat(new RetryAfterHeader(RetryAfterHeader.Spelling.SECONDS, wait).headers(at))
        .isEqualTo(java.util.Map.of("retry-after", List.of("2")));
    assertThat(new RetryAfterHeader(RetryAfterHeader.Spelling.FRACTION, wait).headers(at))
        .isEqualTo(java.util.Map.of("retry-after", List.of("1.250")));
    assertThat(new RetryAfterHeader(RetryAfterHeader.Spelling.MILLIS, wait).headers(at))
        .isEqualTo(java.util.Map.of("retry-after-ms", List.of("1250")));
    assertThat(new RetryAfterHeader(RetryAfterHeader.Spelling.DATE, wait).headers(at))
        .isEqualTo(java.util.Map.of("retry-after", List.of("Sun, 09 Sep 2001 01:46:42 GMT")));
  }
}
