package dev.holdfast.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.server.SelfSigned;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.WireServer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Host, rule and value of each bad certificate; the same test runs for the other transport. */
final class CertificateSentencesTest {
  private static final Instant LONG_AGO = Instant.parse("2021-02-03T04:05:06Z");
  private static final Instant PAST = Instant.parse("2022-03-04T05:06:07Z");
  private static final Instant FUTURE = Instant.parse("2048-03-04T05:06:07Z");
  private static final Instant FAR_FUTURE = Instant.parse("2049-04-05T06:07:08Z");

  private final SelfSigned authority = SelfSigned.authority("Test authority");

  private void isRefused(SelfSigned shown, SelfSigned trusted, String sentence) throws Exception {
    try (var server = WireServer.tls(shown, List.of(), connection -> connection.request());
        var transport = new NettyTransport(SelfSigned.trusting(List.of(trusted)))) {
      var received = new ReceivedExchange();
      transport
          .open(
              new Transport.Request(
                  server.uri(),
                  Map.of("Content-Type", List.of("application/json")),
                  "{}",
                  Duration.ZERO),
              received)
          .demand(1);
      assertThat(received.next())
          .isEqualTo("connection-failed " + server.authority() + ": the certificate " + sentence);
      assertThat(received.failure().isRetryable()).isFalse();
    }
  }

  @Test
  void anExpiredOneNamesItsLastMoment() throws Exception {
    isRefused(
        authority.issue("localhost", LONG_AGO, PAST),
        authority,
        "has expired: must be valid now, was valid until 2022-03-04T05:06:07Z");
  }

  @Test
  void oneOfTheFutureNamesItsFirstMoment() throws Exception {
    isRefused(
        authority.issue("localhost", FUTURE, FAR_FUTURE),
        authority,
        "is not valid yet: must be valid now, will be from 2048-03-04T05:06:07Z");
  }

  @Test
  void oneForAnotherHostNamesTheHost() throws Exception {
    isRefused(
        authority.issue("elsewhere.example", LONG_AGO, FUTURE),
        authority,
        "is for another name: must be for localhost, was not");
  }

  @Test
  void oneThatIsSelfSignedOrOfAnotherAuthorityNamesTheRule() throws Exception {
    String sentence =
        "is not trusted: must be signed by an authority that is trusted here, was signed by itself"
            + " or by another";
    isRefused(SelfSigned.of("localhost"), authority, sentence);
    isRefused(
        SelfSigned.authority("Another").issue("localhost", LONG_AGO, FUTURE), authority, sentence);
  }
}
