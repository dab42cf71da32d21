package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.junit.TransportUnderTest.exchange;
import static dev.holdfast.testkit.junit.TransportUnderTest.isLost;
import static dev.holdfast.testkit.junit.TransportUnderTest.neverStarts;
import static dev.holdfast.testkit.junit.TransportUnderTest.request;
import static dev.holdfast.testkit.transport.WireConnection.CHUNKED;
import static dev.holdfast.testkit.transport.WireConnection.chunk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.transport.WireConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** How a transport reports connections that cannot be made, and bodies that are cut. */
public interface BrokenTransportTests extends TransportUnderTest {
  // ---------------------------------------------------------------- cuts

  @Test
  default void aResponseCutBeforeItsHeadIsNone() throws Exception {
    for (String sent : List.of("", "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Type: te")) {
      for (boolean reset : new boolean[] {false, true}) {
        with(
            connection -> {
              connection.request();
              connection.send(sent);
              end(connection, reset);
            },
            (transport, server) -> neverStarts(exchange(transport, server), true));
      }
    }
  }

  private static void end(WireConnection connection, boolean reset) throws Exception {
    if (reset) {
      connection.reset();
    } else {
      connection.fin();
    }
  }

  @Test
  default void aBodyThatIsCutIsLostAndWhatCameIsDelivered() throws Exception {
    String chunked = "the body ended inside the chunked encoding";
    String length = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    var cuts = new LinkedHashMap<String, String>();
    cuts.put(CHUNKED, "|" + chunked);
    cuts.put(CHUNKED + "3", "|" + chunked);
    cuts.put(CHUNKED + "3\r\n", "|" + chunked);
    cuts.put(CHUNKED + "3\r\non", "on|" + chunked);
    cuts.put(CHUNKED + "3\r\none", "one|" + chunked);
    cuts.put(CHUNKED + chunk("one"), "one|" + chunked);
    cuts.put(CHUNKED + chunk("one") + "0", "one|" + chunked);
    cuts.put(CHUNKED + chunk("one") + "0\r\n", "one|" + chunked);
    cuts.put(length, "|the body ended before its declared length");
    cuts.put(length + "one", "one|the body ended before its declared length");
    for (var cut : cuts.entrySet()) {
      with(
          connection -> {
            connection.request();
            connection.send(cut.getKey());
            connection.fin();
          },
          (transport, server) -> {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next(), cut.getKey());
            String rest = received.rest();
            isLost(received, rest);
            assertEquals(
                cut.getValue().replace("|", "|" + Cause.CONNECTION_LOST + " "), rest, cut.getKey());
          });
    }
  }

  @Test
  default void aBodyThatIsResetIsLost() throws Exception {
    for (String head :
        List.of(
            CHUNKED + chunk("one"),
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\none",
            "HTTP/1.1 200 OK\r\n\r\none")) {
      var mayReset = new CountDownLatch(1);
      with(
          connection -> {
            connection.request();
            connection.send(head);
            mayReset.await();
            connection.reset();
          },
          (transport, server) -> {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            assertEquals("one", received.text(3));
            mayReset.countDown();
            String call = received.next();
            isLost(received, call);
            assertEquals(Cause.CONNECTION_LOST + " the connection was reset", call);
          });
    }
  }

  @Test
  default void whereNothingListensTheConnectionIsRefused() throws Exception {
    with(
        connection -> {},
        (transport, server) -> {
          // Bound and not listening: no other process may come to listen there.
          try (var taken = new Socket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String authority = "localhost:" + taken.getLocalPort();
            var received =
                exchange(transport, request(URI.create("http://" + authority + "/"), "{}"), 1);
            assertEquals(
                Cause.CONNECTION_FAILED + " " + authority + ": the connection was refused",
                received.next());
            assertTrue(received.failure().isRetryable());
            assertTrue(received.failure().isStarting());
          }
        });
  }

  @Test
  default void anAddressOfNoHostIsNotOneThatRefuses() throws Exception {
    with(
        connection -> {},
        (transport, server) -> {
          var uri = URI.create("http://255.255.255.255:1/"); // No system connects to everyone.
          var received = exchange(transport, request(uri, "{}"), 1);
          neverStarts(received, true);
          assertFalse(received.failure().isStarting(), received.failure().detail());
        });
  }

  @Test
  default void aNameThatDoesNotResolveIsNamed() throws Exception {
    with(
        connection -> {},
        (transport, server) -> {
          var uri = URI.create("http://holdfast-contract.invalid/");
          var received = exchange(transport, request(uri, "{}"), 1);
          assertEquals(
              Cause.CONNECTION_FAILED + " holdfast-contract.invalid: the name does not resolve",
              received.next());
          assertTrue(received.failure().isRetryable());
        });
  }
}
