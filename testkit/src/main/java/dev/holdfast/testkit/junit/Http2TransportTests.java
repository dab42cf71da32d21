package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.junit.TransportUnderTest.exchange;
import static dev.holdfast.testkit.junit.TransportUnderTest.isLost;
import static dev.holdfast.testkit.junit.TransportUnderTest.neverStarts;
import static dev.holdfast.testkit.junit.TransportUnderTest.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.transport.BusySecond;
import dev.holdfast.testkit.transport.Http2Wire;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.WireConnection;
import dev.holdfast.testkit.transport.WireServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a transport does where a server with TLS offers HTTP/2. */
public interface Http2TransportTests extends TransportUnderTest {
  /** How many streams usual servers allow at once. */
  int USUAL_STREAMS = 100;

  /** Speaks HTTP/2 on one connection. */
  interface Http2Script {
    /** Reads requests and writes responses. */
    void run(Http2Wire wire, WireConnection connection) throws Exception;
  }

  private void withHttp2(Http2Script script, Body body) throws Exception {
    assumeTrue(speaksHttp2(), "the transport does not speak HTTP/2");
    withTls(
        List.of("h2", "http/1.1"),
        connection -> script.run(Http2Wire.on(connection, USUAL_STREAMS), connection),
        body);
  }

  /** Answers every request whole, until the client leaves. */
  private static void answerAll(Http2Wire wire, String text) throws Exception {
    while (true) {
      var request = wire.request();
      wire.head(request.stream());
      wire.data(request.stream(), text);
      wire.end(request.stream());
    }
  }

  /** Makes a connection on which the server's settings have arrived. */
  private static void warm(Transport transport, WireServer server) throws Exception {
    var received = exchange(transport, server);
    assertEquals("head 200", received.next());
    String unused = received.rest();
  }

  private static void answer(Http2Wire wire) throws Exception {
    var request = wire.request();
    wire.head(request.stream());
    wire.end(request.stream());
  }

  @Test
  default void aBodyArrivesOverHttp2AsItIsSent() throws Exception {
    var mayEnd = new CountDownLatch(1);
    withHttp2(
        (wire, connection) -> {
          var request = wire.request();
          wire.head(request.stream());
          wire.data(request.stream(), "one");
          mayEnd.await();
          wire.data(request.stream(), request.body());
          wire.end(request.stream());
          wire.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, request(server.uri(), "{\"a\":1}"), 100);
          assertEquals("head 200", received.next());
          assertEquals("text/event-stream", received.head().header("content-type"));
          assertEquals("one", received.text(3));
          mayEnd.countDown();
          assertEquals("{\"a\":1}|end", received.rest());
        });
  }

  @Test
  default void aLongRequestArrivesWholeOverHttp2() throws Exception {
    var length = new AtomicInteger();
    withHttp2(
        (wire, connection) -> {
          var request = wire.request();
          length.set(request.body().length());
          wire.head(request.stream());
          wire.end(request.stream());
          wire.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, request(server.uri(), "x".repeat(3_000_000)), 1);
          assertEquals("head 200", received.next());
          assertEquals("end", received.next());
          assertEquals(3_000_000, length.get());
        });
  }

  @Test
  default void streamsShareAConnection() throws Exception {
    withHttp2(
        (wire, connection) -> answerAll(wire, "one"),
        (transport, server) -> {
          warm(transport, server);
          var all = new ArrayList<ReceivedExchange>();
          for (int i = 0; i < 50; i++) {
            all.add(exchange(transport, server));
          }
          for (var received : all) {
            assertEquals("head 200", received.next());
            assertEquals("one|end", received.rest());
          }
          assertEquals(1, server.connections());
        });
  }

  @Test
  default void moreStreamsThanAConnectionMayCarryUseAnother() throws Exception {
    assumeTrue(speaksHttp2(), "the transport does not speak HTTP/2");
    var go = new CountDownLatch(1);
    withTls(
        List.of("h2"),
        connection -> {
          var wire = Http2Wire.on(connection, 4);
          if (connection.number() == 0) {
            answer(wire);
          }
          while (true) {
            var request = wire.request();
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    wire.head(request.stream());
                    go.await();
                    wire.end(request.stream());
                  } catch (Exception e) {
                    Thread.currentThread().interrupt(); // The test has failed elsewhere.
                  }
                });
          }
        },
        (transport, server) -> {
          warm(transport, server);
          var all = new ArrayList<ReceivedExchange>();
          for (int i = 0; i < 10; i++) {
            all.add(exchange(transport, server));
          }
          for (var received : all) {
            assertEquals("head 200", received.next());
          }
          go.countDown();
          for (var received : all) {
            assertEquals("end", received.next());
          }
          assertTrue(server.connections() >= 3, "connections: " + server.connections());
        });
  }

  @Test
  default void aStreamThatIsResetIsLostAndNoOther() throws Exception {
    for (int code : new int[] {Http2Wire.INTERNAL_ERROR, Http2Wire.NO_ERROR}) {
      var mayReset = new CountDownLatch(1);
      withHttp2(
          (wire, connection) -> {
            answer(wire);
            int first = wire.request().stream();
            int second = wire.request().stream();
            for (int stream : new int[] {first, second}) {
              wire.head(stream);
              wire.data(stream, "one");
            }
            mayReset.await();
            wire.resetStream(first, code);
            wire.data(second, "two");
            wire.end(second);
            wire.awaitClosed();
          },
          (transport, server) -> {
            warm(transport, server);
            var first = exchange(transport, server);
            var second = exchange(transport, server);
            for (var received : List.of(first, second)) {
              assertEquals("head 200", received.next());
              assertEquals("one", received.text(3));
            }
            mayReset.countDown();
            var ends = List.of(first.rest(), second.rest());
            String lost = "|" + Cause.CONNECTION_LOST + " the stream was reset";
            assertTrue(ends.contains(lost), ends.toString());
            assertTrue(ends.contains("two|end"), ends.toString());
            isLost(ends.getFirst().equals(lost) ? first : second, lost);
            assertEquals(1, server.connections());
          });
    }
  }

  @Test
  default void aStreamThatIsResetBeforeItsHeadHasNoResponse() throws Exception {
    withHttp2(
        (wire, connection) -> {
          wire.resetStream(wire.request().stream(), Http2Wire.INTERNAL_ERROR);
          wire.awaitClosed();
        },
        (transport, server) -> neverStarts(exchange(transport, server), true));
  }

  @Test
  default void aConnectionThatGoesAwayLetsItsStreamsEnd() throws Exception {
    var mayLeave = new CountDownLatch(1);
    withHttp2(
        (wire, connection) -> {
          var request = wire.request();
          wire.head(request.stream());
          wire.data(request.stream(), "one");
          mayLeave.await();
          wire.goAway(request.stream(), Http2Wire.NO_ERROR);
          wire.data(request.stream(), "two");
          wire.end(request.stream());
          wire.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals("one", received.text(3));
          mayLeave.countDown();
          assertEquals("two|end", received.rest());
          var next = exchange(transport, server);
          assertEquals("head 200", next.next());
          assertEquals("onetwo|end", next.rest());
          assertEquals(2, server.connections());
        });
  }

  @Test
  default void aStreamThatBeganAndWasNotReadIsLost() throws Exception {
    var mayLeave = new CountDownLatch(1);
    withHttp2(
        (wire, connection) -> {
          int stream = wire.request().stream();
          wire.head(stream);
          wire.data(stream, "one");
          mayLeave.await();
          wire.goAway(0, Http2Wire.NO_ERROR); // It answers what it has not read.
          wire.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals("one", received.text(3));
          mayLeave.countDown();
          String call = received.next();
          isLost(received, call);
          assertEquals(Cause.CONNECTION_LOST + " the stream was reset", call);
        });
  }

  @Test
  default void whatTheServerHasNotReadIsSentAgainOrMayBe() throws Exception {
    for (boolean goesAway : new boolean[] {false, true}) {
      withHttp2(
          (wire, connection) -> {
            if (connection.number() == 0) {
              int first = wire.request().stream();
              wire.head(first);
              wire.data(first, "one");
              wire.end(first);
              int second = wire.request().stream();
              if (goesAway) {
                wire.goAway(first, Http2Wire.NO_ERROR);
              } else {
                wire.resetStream(second, Http2Wire.REFUSED_STREAM);
              }
            }
            answerAll(wire, "one");
          },
          (transport, server) -> {
            warm(transport, server);
            var received = exchange(transport, server);
            String call = received.next();
            if (call.equals("head 200")) {
              assertEquals("one|end", received.rest());
            } else {
              assertEquals(Cause.CONNECTION_FAILED, received.failure().cause(), call);
              assertTrue(received.failure().isRetryable(), call);
            }
          });
    }
  }

  @Test
  default void aBodyOfAnotherLengthThanDeclaredIsLost() throws Exception {
    for (int declared : new int[] {0, 2, 10}) {
      for (boolean empty : new boolean[] {false, true}) {
        boolean fits = declared == 0 && empty;
        withHttp2(
            (wire, connection) -> {
              int stream = wire.request().stream();
              wire.head(stream, "200", empty, "content-length", String.valueOf(declared));
              if (!empty) {
                wire.data(stream, "one");
                wire.end(stream);
              }
              wire.awaitClosed();
            },
            (transport, server) -> {
              var received = exchange(transport, server);
              assertEquals("head 200", received.next());
              String rest = received.rest();
              if (fits) {
                assertEquals("|end", rest);
              } else {
                isLost(received, rest);
              }
            });
      }
    }
  }

  @Test
  default void interimResponsesTrailersAndEmptyFramesAreSkipped() throws Exception {
    withHttp2(
        (wire, connection) -> {
          int stream = wire.request().stream();
          wire.head(stream, "100", false);
          wire.head(stream, "103", false, "link", "</a>");
          wire.head(stream, "200", false, "x-a", "b");
          wire.data(stream, "one");
          for (int i = 0; i < 100; i++) {
            wire.nothing(stream);
          }
          wire.data(stream, "two");
          wire.head(stream, "", true, "x-trailer", "c");
          wire.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals("b", received.head().header("x-a"));
          assertEquals("onetwo|end", received.rest());
        });
  }

  @Test
  default void aChangeOfProtocolIsNoResponse() throws Exception {
    withHttp2(
        (wire, connection) -> {
          wire.head(wire.request().stream(), "101", false);
          wire.awaitClosed();
        },
        (transport, server) -> neverStarts(exchange(transport, server), true));
  }

  @Test
  default void aConnectionThatIsCutLosesAllItsStreams() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      var mayCut = new CountDownLatch(1);
      withHttp2(
          (wire, connection) -> {
            answer(wire);
            for (int i = 0; i < 3; i++) {
              int stream = wire.request().stream();
              wire.head(stream);
              wire.data(stream, "one");
            }
            mayCut.await();
            if (reset) {
              connection.reset();
            } else {
              connection.fin();
            }
          },
          (transport, server) -> {
            warm(transport, server);
            var all = new ArrayList<ReceivedExchange>();
            for (int i = 0; i < 3; i++) {
              all.add(exchange(transport, server));
            }
            for (var received : all) {
              assertEquals("head 200", received.next());
              assertEquals("one", received.text(3));
            }
            mayCut.countDown();
            for (var received : all) {
              String call = received.next();
              isLost(received, call);
              assertEquals(
                  Cause.CONNECTION_LOST
                      + (reset
                          ? " the connection was reset"
                          : " the connection ended within the body"),
                  call);
            }
          });
    }
  }

  @Test
  default void cancellingOneStreamDisturbsNoOther() throws Exception {
    for (long demand : new long[] {0, 100}) {
      var cancelled = new CountDownLatch(1);
      withHttp2(
          (wire, connection) -> {
            answer(wire);
            int first = wire.request().stream();
            wire.head(first);
            wire.data(first, "one");
            int second = wire.request().stream();
            wire.head(second);
            wire.awaitReset(first);
            cancelled.await();
            wire.data(second, "two");
            wire.end(second);
            wire.awaitClosed();
          },
          (transport, server) -> {
            warm(transport, server);
            var doomed = new ReceivedExchange();
            var opened = transport.open(request(server.uri(), "{}"), doomed);
            assertEquals("head 200", doomed.next());
            if (demand > 0) {
              opened.demand(demand);
              assertEquals("one", doomed.text(3));
            }
            var other = exchange(transport, server);
            assertEquals("head 200", other.next());
            opened.cancel();
            assertTrue(BusySecond.isEnoughFor(server.sawClose()), "demand " + demand);
            cancelled.countDown();
            assertEquals("two|end", other.rest());
            assertEquals(0, doomed.waiting());
            assertEquals(1, server.connections());
          });
    }
  }

  @Test
  default void anAbsentReaderHoldsBackItsOwnStreamAlone() throws Exception {
    long whole = 40L << 20;
    var written = new AtomicLong();
    var blocked = new CountDownLatch(1);
    withHttp2(
        (wire, connection) -> {
          answer(wire);
          int away = wire.request().stream();
          wire.head(away);
          Thread.ofVirtual()
              .start(() -> {
                try {
                  byte[] part = new byte[1 << 14];
                  while (written.get() < whole) {
                    wire.data(away, part, blocked::countDown);
                    written.addAndGet(part.length);
                  }
                  wire.end(away);
                } catch (Exception e) {
                  Thread.currentThread().interrupt(); // The test has failed elsewhere.
                }
              });
          blocked.await();
          int present = wire.request().stream();
          wire.head(present);
          for (int i = 0; i < 64; i++) {
            wire.data(present, "x".repeat(1 << 14));
          }
          wire.end(present);
          wire.awaitClosed();
        },
        (transport, server) -> {
          warm(transport, server);
          var away = ReceivedExchange.counting();
          var opened = transport.open(request(server.uri(), "{}"), away);
          assertEquals("head 200", away.next());
          opened.demand(1);
          blocked.await();
          assertTrue(written.get() <= mostAhead(), "written without a reader: " + written);
          var present = ReceivedExchange.counting();
          transport.open(request(server.uri(), "{}"), present).demand(Long.MAX_VALUE);
          assertEquals("head 200", present.next());
          assertEquals("end", present.next());
          assertEquals(1L << 20, present.bytes());
          opened.demand(Long.MAX_VALUE);
          assertEquals("end", away.next());
          assertEquals(whole, away.bytes());
          assertEquals(1, server.connections());
        });
  }

  @Test
  default void aClosedTransportEndsItsStreams() throws Exception {
    withHttp2(
        (wire, connection) -> {
          int stream = wire.request().stream();
          wire.head(stream);
          wire.data(stream, "one");
          wire.awaitReset(stream);
        },
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals("one", received.text(3));
          transport.close();
          isLost(received, received.next());
          assertTrue(BusySecond.isEnoughFor(server.sawClose()));
        });
  }
}
