package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.junit.TransportUnderTest.exchange;
import static dev.holdfast.testkit.junit.TransportUnderTest.request;
import static dev.holdfast.testkit.transport.WireConnection.CHUNKED;
import static dev.holdfast.testkit.transport.WireConnection.LAST_CHUNK;
import static dev.holdfast.testkit.transport.WireConnection.chunk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.transport.BusySecond;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.WireServer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How a transport keeps to its reader's demand, and closes what is cancelled. */
public interface PacedTransportTests extends TransportUnderTest {
  /** Answers one request, and leaves once the client has. */
  private static WireServer.Script answering(String response) {
    return connection -> {
      while (!connection.request().isEmpty()) {
        connection.send(response);
      }
    };
  }

  // ---------------------------------------------------------------- demand

  @Test
  default void withoutDemandNoBytesCome() throws Exception {
    var mayEnd = new CountDownLatch(1);
    with(
        connection -> {
          connection.request();
          connection.send(CHUNKED + chunk("one"));
          mayEnd.await();
          connection.send(chunk("two") + LAST_CHUNK);
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = new ReceivedExchange();
          var opened = transport.open(request(server.uri(), "{}"), received);
          assertEquals("head 200", received.next());
          assertEquals(0, BusySecond.settled(received::waiting));
          opened.demand(1);
          assertEquals("one", received.text(3));
          mayEnd.countDown();
          assertEquals(0, BusySecond.settled(received::bytes) - 3);
          opened.demand(10);
          assertEquals("two|end", received.rest());
        });
  }

  @Test
  default void anAbsentReaderHoldsTheServerBack() throws Exception {
    long whole = 96L << 20;
    var written = new AtomicLong();
    with(
        connection -> {
          connection.request();
          connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + whole + "\r\n\r\n");
          byte[] part = new byte[1 << 16];
          while (written.get() < whole) {
            connection.send(part);
            written.addAndGet(part.length);
          }
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = ReceivedExchange.counting();
          var opened = transport.open(request(server.uri(), "{}"), received);
          assertEquals("head 200", received.next());
          opened.demand(1);
          long ahead = BusySecond.settled(written::get);
          assertTrue(ahead <= mostAhead(), "written without a reader: " + ahead);
          opened.demand(Long.MAX_VALUE);
          assertEquals("end", received.next());
          assertEquals(whole, received.bytes());
        });
  }

  @Test
  default void oneChunkIsAllowedAtATime() throws Exception {
    with(
        connection -> {
          connection.request();
          connection.send(CHUNKED);
          for (int i = 0; i < 500; i++) {
            connection.send(chunk("event " + i + "\n"));
          }
          connection.send(LAST_CHUNK);
          connection.awaitClosed();
        },
        (transport, server) -> {
          var expected = new StringBuilder();
          for (int i = 0; i < 500; i++) {
            expected.append("event ").append(i).append('\n');
          }
          var received = new ReceivedExchange();
          var opened = transport.open(request(server.uri(), "{}"), received);
          assertEquals("head 200", received.next());
          var text = new StringBuilder();
          while (text.length() < expected.length()) {
            opened.demand(1);
            text.append(received.next().substring("bytes ".length()));
          }
          assertEquals(expected.toString(), text.toString());
          opened.demand(1);
          assertEquals("end", received.next());
        });
  }

  // ---------------------------------------------------------------- cancellation

  @Test
  default void aStalledBodyIsClosedWithinASecond() throws Exception {
    for (long demand : new long[] {0, 1, 100}) {
      with(
          connection -> {
            connection.request();
            connection.send(CHUNKED + chunk("one"));
            connection.awaitClosed();
          },
          (transport, server) -> {
            var received = new ReceivedExchange();
            var opened = transport.open(request(server.uri(), "{}"), received);
            assertEquals("head 200", received.next());
            if (demand > 0) {
              opened.demand(demand);
              assertEquals("one", received.text(3));
            }
            opened.cancel();
            assertTrue(BusySecond.isEnoughFor(server.sawClose()), "demand " + demand);
            assertEquals(0, received.waiting());
          });
    }
  }

  @Test
  default void aResponseThatNeverBeginsIsClosedWithinASecond() throws Exception {
    with(
        connection -> {
          connection.request();
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = new ReceivedExchange();
          var opened = transport.open(request(server.uri(), "{}"), received);
          String unused = server.requests().take();
          opened.cancel();
          assertTrue(BusySecond.isEnoughFor(server.sawClose()));
          opened.cancel();
          opened.demand(3);
          assertEquals(0, received.waiting());
        });
  }

  @Test
  default void aResponseThatStopsIsClosedWithinASecond() throws Exception {
    for (String begun :
        List.of(
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Ty",
            CHUNKED,
            CHUNKED + "3",
            CHUNKED + "3\r\non")) {
      with(
          connection -> {
            connection.request();
            connection.send(begun);
            connection.awaitClosed();
          },
          (transport, server) -> {
            var received = new ReceivedExchange();
            var opened = transport.open(request(server.uri(), "{}"), received);
            opened.demand(9);
            String unused = server.requests().take();
            opened.cancel();
            assertTrue(BusySecond.isEnoughFor(server.sawClose()), begun);
          });
    }
  }

  @Test
  default void aRequestThatIsNotReadIsClosedWithinASecond() throws Exception {
    var came = new CountDownLatch(1);
    var mayRead = new CountDownLatch(1);
    with(
        connection -> {
          came.countDown();
          mayRead.await();
          connection.awaitClosed();
        },
        (transport, server) -> {
          String body = "x".repeat(32 << 20);
          var opened = transport.open(request(server.uri(), body), new ReceivedExchange());
          came.await();
          opened.cancel();
          mayRead.countDown();
          assertTrue(BusySecond.isEnoughFor(server.sawClose()));
        });
  }

  @Test
  default void anExchangeCancelledAtOnceDisturbsNoOther() throws Exception {
    with(
        answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"),
        (transport, server) -> {
          for (int i = 0; i < 20; i++) {
            transport.open(request(server.uri(), "{}"), new ReceivedExchange()).cancel();
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            assertEquals("one|end", received.rest());
          }
        });
  }

  @Test
  default void cancellingAfterTheEndLeavesTheConnectionInUse() throws Exception {
    with(
        answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"),
        (transport, server) -> {
          for (int i = 0; i < 10; i++) {
            var received = new ReceivedExchange();
            var opened = transport.open(request(server.uri(), "{}"), received);
            opened.demand(9);
            assertEquals("head 200", received.next());
            assertEquals("one|end", received.rest());
            opened.cancel();
          }
          assertEquals(1, server.connections());
        });
  }

  @Test
  default void aClosedTransportFailsWhatIsOpenAndWhatFollows() throws Exception {
    with(
        connection -> {
          if (connection.request().contains("begin")) {
            connection.send(CHUNKED + chunk("one"));
          }
          connection.awaitClosed();
        },
        (transport, server) -> {
          var begun = exchange(transport, request(server.uri(), "begin"), 4);
          assertEquals("head 200", begun.next());
          assertEquals("one", begun.text(3));
          var waiting = exchange(transport, request(server.uri(), "wait"), 4);
          while (!server.requests().take().endsWith("wait")) {
            // Both arrive, in this order or the other.
          }
          transport.close();
          String lost = begun.next();
          assertEquals(Cause.CONNECTION_LOST + " the transport is closed", lost);
          assertEquals(Cause.CONNECTION_FAILED + " the transport is closed", waiting.next());
          assertFalse(waiting.failure().isRetryable());
          assertTrue(BusySecond.isEnoughFor(server.sawClose()));
          var late = exchange(transport, server);
          assertEquals(Cause.CONNECTION_FAILED + " the transport is closed", late.next());
          assertFalse(late.failure().isRetryable());
          transport.close();
        });
  }
}
