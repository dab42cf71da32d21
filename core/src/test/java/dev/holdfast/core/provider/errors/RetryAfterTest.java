package dev.holdfast.core.provider.errors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.ResponseHead;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long to wait, in all the units in which providers say it. */
class RetryAfterTest {
  private static final long NOW = Instant.parse("2026-03-01T12:00:00Z").toEpochMilli();

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      quoteCharacter = '~',
      textBlock =
          """
          # case                        | headers                                                            | wait
          milliseconds                  | retry-after-ms=1500                                                | PT1.5S
          fractions of milliseconds     | retry-after-ms=0.5                                                 | PT0.0005S
          milliseconds before seconds   | retry-after-ms=250;retry-after=9                                   | PT0.25S
          azure's zero                  | retry-after-ms=0;retry-after=1                                     | PT1S
          seconds                       | retry-after=31                                                     | PT31S
          fractions of seconds          | retry-after=0.25                                                   | PT0.25S
          HTTP date                     | retry-after=Sun, 01 Mar 2026 12:00:30 GMT                          | PT30S
          HTTP date in the past         | retry-after=Sun, 01 Mar 2026 11:00:00 GMT                          | -
          negative                      | retry-after=-5                                                     | -
          zero                          | retry-after=0                                                      | -
          words                         | retry-after=soon                                                   | -
          beyond a day                  | retry-after=99999999999                                            | -
          Go milliseconds               | x-ratelimit-reset-requests=12ms                                    | PT0.012S
          Go seconds                    | x-ratelimit-reset-tokens=17.399999999s                             | PT17.399999999S
          Go minutes                    | x-ratelimit-reset-requests=1m0s                                    | PT1M
          Go hours                      | x-ratelimit-reset-requests=1h2m3.5s                                | PT1H2M3.5S
          Go with rubbish               | x-ratelimit-reset-requests=1m0sx                                   | -
          shortest of unspent limits    | x-ratelimit-reset-requests=8s;x-ratelimit-reset-tokens=1s          | PT1S
          the spent limit               | x-ratelimit-reset-requests=8s;x-ratelimit-remaining-requests=0;x-ratelimit-reset-tokens=1s;x-ratelimit-remaining-tokens=9 | PT8S
          instants                      | anthropic-ratelimit-requests-reset=2026-03-01T12:00:07Z            | PT7S
          instants with offset          | anthropic-ratelimit-tokens-reset=2026-03-01T13:00:08+01:00         | PT8S
          epoch milliseconds            | x-ratelimit-reset=1772366405000                                    | PT5S
          epoch seconds                 | x-ratelimit-reset=1772366406                                       | PT6S
          whole seconds                 | x-ratelimit-reset=20                                               | PT20S
          azure's bare integers         | x-ratelimit-reset-requests=500                                     | PT8M20S
          structured                    | ratelimit="api";r=999;t=295                                        | PT4M55S
          retry-after before resets     | x-ratelimit-reset=20;retry-after=3                                 | PT3S
          none                          | content-type=text/html                                             | -
          """)
  void reads(String name, String headers, String wait) {
    var map = new LinkedHashMap<String, List<String>>();
    if (headers.startsWith("ratelimit=")) {
      map.put("ratelimit", List.of(headers.substring("ratelimit=".length())));
    } else {
      for (var header : headers.split(";", -1)) {
        int equals = header.indexOf('=');
        map.put(header.substring(0, equals), List.of(header.substring(equals + 1)));
      }
    }
    assertThat(RetryAfter.parse(new ResponseHead(429, map), NOW))
        .isEqualTo(wait == null ? null : Duration.parse(wait));
  }

  @Test
  void resetHeadersMeanNothingWithoutAPaceLimit() {
    var head = new ResponseHead(500, Map.of("x-ratelimit-reset-requests", List.of("8s")));
    assertThat(RetryAfter.parse(head, NOW)).isNull();
  }

  @Test
  void googleStatesItInTheBody() {
    String body =
        """
        {"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[
          {"@type":"type.googleapis.com/google.rpc.Help"},
          {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"48.5s"}]}}\
        """;
    var head = new ResponseHead(429, Map.of("x-ratelimit-reset", List.of("20")));
    assertThat(HttpErrors.classify(head, body.getBytes(StandardCharsets.UTF_8), NOW).retryAfter())
        .hasValue(Duration.ofMillis(48_500));
    assertThat(HttpErrors.inStream(ErrorValues.parse(body)).retryAfter())
        .hasValue(Duration.ofMillis(48_500));
  }
}
