package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What requests ask for by headers, parameters and offsets. */
final class HeadersTest {
  private static HttpHeaders headers(String... pairs) {
    var headers = new DefaultHttpHeaders();
    for (int i = 0; i < pairs.length; i += 2) {
      headers.set(pairs[i], pairs[i + 1]);
    }
    return headers;
  }

  @Test
  void aLifeEndsByATimeToLiveOrByATime() {
    var both = headers("stream-ttl", "5", "stream-expires-at", "2099-01-01T00:00:00Z");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.spec(both))
        .withMessageStartingWith("stream-ttl: must not come with");
    assertThat(Headers.spec(headers("stream-ttl", "5")).ttlSeconds()).isEqualTo(5);
  }

  @Test
  void numbersAreExactInJavaScript() {
    String largest = "9007199254740991";
    String more = "9007199254740992";
    assertThat(Headers.spec(headers("stream-ttl", largest)).ttlSeconds())
        .isEqualTo(9_007_199_254_740_991L);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.spec(headers("stream-ttl", more)))
        .withMessageStartingWith("stream-ttl: must be a whole number");
    for (String name : List.of("producer-epoch", "producer-seq")) {
      var headers = headers("producer-id", "p", "producer-epoch", "0", "producer-seq", largest);
      assertThat(Headers.producer(headers)).isNotNull();
      headers.set(name, more);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Headers.producer(headers))
          .withMessageStartingWith(name + ": must be a whole number below 2^53");
    }
  }

  @Test
  void aProducerIsWholeAndHasAName() {
    assertThat(Headers.producer(headers())).isNull();
    for (String missing : List.of("producer-id", "producer-epoch", "producer-seq")) {
      var headers = headers("producer-id", "p", "producer-epoch", "0", "producer-seq", "0");
      headers.remove(missing);
      assertThatIllegalArgumentException()
          .as(missing)
          .isThrownBy(() -> Headers.producer(headers))
          .withMessage("producer-id: must come with epoch and sequence, was not");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            Headers.producer(
                headers("producer-id", "", "producer-epoch", "0", "producer-seq", "0")))
        .withMessage("producer-id: must have 1 to 256 characters, had 0");
  }

  @Test
  void longValuesAreRefused() {
    for (String name : List.of("content-type", "stream-expires-at", "stream-fork-offset")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Headers.spec(headers(name, "x".repeat(257))))
          .withMessage(name + ": must have at most 256 characters, had 257");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Headers.text(headers(Headers.SEQ, "x".repeat(257)), Headers.SEQ))
        .withMessage("stream-seq: must have at most 256 characters, had 257");
    var from = Headers.spec(headers("stream-forked-from", "x".repeat(1_024)));
    assertThat(from.forkedFrom()).hasSize(1_024);
  }

  @Test
  void aQueryNamesOnePlace() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ReadQuery.of("offset=-1&offset=now", null))
        .withMessage("offset: must be there once, was there again");
    for (String live : List.of("sse", "long-poll")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ReadQuery.of("live=" + live, null))
          .withMessage("offset: must be given for a live read, was missing");
    }
  }

  @Test
  void onlyAReadByEventsContinuesAfterTheLastEvent() {
    String last = new DurableOffset(7, 1, 1).text();
    assertThat(ReadQuery.of("live=sse&offset=-1", last).from())
        .isEqualTo(new DurableOffset(7, 1, 1));
    assertThat(ReadQuery.of("live=long-poll&offset=-1", last).from())
        .isEqualTo(DurableOffset.START);
    assertThat(ReadQuery.of("offset=-1", last).from()).isEqualTo(DurableOffset.START);
  }

  @Test
  void aCursorIsAboveThatOfTheClient() {
    long now = 1_900_000_000_000L;
    long interval = Long.parseLong(ReadQuery.nextCursor(null, now));
    assertThat(ReadQuery.nextCursor(String.valueOf(interval - 1), now))
        .isEqualTo(String.valueOf(interval));
    for (long ofClient : List.of(interval, interval + 1_000, 999_999_999_999_999L)) {
      assertThat(Long.parseLong(ReadQuery.nextCursor(String.valueOf(ofClient), now)))
          .isGreaterThan(ofClient)
          .isLessThan(ofClient + 200);
    }
    for (String none : List.of("x", "", "-1", "99999999999999999999", "1 ")) {
      assertThat(ReadQuery.nextCursor(none, now)).isEqualTo(String.valueOf(interval));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0000000000000000_0000000000000000, true",
    "0000000000000001_0000000000000001, true",
    "0000000000000001_ffffffff7fffffff, true",
    "0000000000000000_0000000100000000, false",
    "0000000000000000_0000000000000001, false",
    "0000000000000001_0000000100000000, false",
    "0000000000000001_00000001ffffffff, false",
    "9007199254740991_0000000100000001, true",
    "9007199254740992_0000000100000001, false",
    "000000000000001_0000000000000001, false"
  })
  void anOffsetIsAPlaceOrTheBeginning(String text, boolean valid) {
    var offset = DurableOffset.parse(text);
    assertThat(offset != null).isEqualTo(valid);
    if (offset != null) {
      assertThat(offset.text()).isEqualTo(text);
    }
  }
}
