package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.junit.TransportUnderTest.exchange;
import static dev.holdfast.testkit.junit.TransportUnderTest.isLost;
import static dev.holdfast.testkit.junit.TransportUnderTest.neverStarts;
import static dev.holdfast.testkit.junit.TransportUnderTest.request;
import static dev.holdfast.testkit.transport.WireConnection.CHUNKED;
import static dev.holdfast.testkit.transport.WireConnection.LAST_CHUNK;
import static dev.holdfast.testkit.transport.WireConnection.chunk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.WireServer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What a transport sends and reads over HTTP/1.1 without TLS. */
public interface PlainTransportTests extends TransportUnderTest {
  /** Answers one request, and leaves once the client has. */
  private static WireServer.Script answering(String response) {
    return connection -> {
      while (!connection.request().isEmpty()) {
        connection.send(response);
      }
    };
  }

  // ---------------------------------------------------------------- requests

  @Test
  default void theRequestIsHttp11WithTheBodyAsUtf8() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          var received =
              exchange(transport, request(server.uri(), "{\"a\":\"é€\uD83D\uDE00\"}"), 1);
          assertEquals("head 200", received.next());
          String request = server.requests().take();
          assertTrue(request.startsWith("POST /v1/chat HTTP/1.1\r\n"), request);
          assertTrue(request.endsWith("\r\n\r\n{\"a\":\"é€\uD83D\uDE00\"}"), request);
          String head = request.toLowerCase(Locale.ROOT);
          assertTrue(head.contains("\r\nhost: " + server.authority() + "\r\n"), request);
          assertTrue(head.contains("\r\ncontent-length: 17\r\n"), request);
          assertTrue(head.contains("\r\ncontent-type: application/json\r\n"), request);
          assertTrue(head.contains("\r\naccept-encoding: identity\r\n"), request);
          assertFalse(head.contains("upgrade"), request);
          assertFalse(head.contains("http2-settings"), request);
        });
  }

  @Test
  default void pathAndQueryAreSentAsTheyAre() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          var uri = URI.create("http://" + server.authority() + "/a%2Fb:c?alt=sse&k=%20x");
          assertEquals("head 200", exchange(transport, request(uri, "{}"), 1).next());
          String request = server.requests().take();
          assertTrue(request.startsWith("POST /a%2Fb:c?alt=sse&k=%20x HTTP/1.1\r\n"), request);
          var bare = URI.create("http://" + server.authority());
          assertEquals("head 200", exchange(transport, request(bare, "{}"), 1).next());
          assertTrue(server.requests().take().startsWith("POST / HTTP/1.1\r\n"));
        });
  }

  @Test
  default void otherMethodsHaveNoBody() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          for (var method : List.of(ProviderRequest.Method.GET, ProviderRequest.Method.DELETE)) {
            var received = exchange(transport, request(method, server.uri()), 1);
            assertEquals("head 200", received.next());
            assertEquals("end", received.next());
            String request = server.requests().take();
            assertTrue(request.startsWith(method + " /v1/chat HTTP/1.1\r\n"), request);
            assertTrue(request.endsWith("\r\n\r\n"), request);
          }
        });
  }

  @Test
  default void aLongBodyArrivesWhole() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          long seed = System.nanoTime();
          var random = new SplittableRandom(seed);
          var text = new StringBuilder();
          while (text.length() < 3_000_000) {
            text.appendCodePoint(random.nextInt(8) == 0 ? 0x4e00 + random.nextInt(99) : 'a');
          }
          var received = exchange(transport, request(server.uri(), text.toString()), 1);
          assertEquals("head 200", received.next(), "seed " + seed);
          String request = server.requests().take();
          int start = request.indexOf("\r\n\r\n") + 4;
          assertTrue(request.substring(start).contentEquals(text), "seed " + seed);
        });
  }

  @Test
  default void headersThatFrameARequestAreRefused() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          var lines =
              Map.of(
                  "Host", "a.example",
                  "content-length", "3",
                  "Connection", "close",
                  "Expect", "100-continue",
                  "Upgrade", "h2c",
                  "Transfer-Encoding", "chunked",
                  "X-Split", "a\r\nb: c",
                  "X Space", "a");
          lines.forEach((name, content) -> {
            var request =
                new Transport.Request(
                    server.uri(), Map.of(name, List.of(content)), "{}", Duration.ZERO);
            assertThrows(
                IllegalArgumentException.class,
                () -> transport.open(request, new ReceivedExchange()),
                name);
          });
          assertEquals(0, server.requests().size());
        });
  }

  @Test
  default void spaceAroundAFieldIsNotSent() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          var request =
              new Transport.Request(
                  server.uri(), Map.of("X-Key", List.of(" a\tb \t")), "{}", Duration.ZERO);
          assertEquals("head 200", exchange(transport, request, 1).next());
          String sent = server.requests().take();
          assertTrue(sent.contains(": a\tb\r\n"), sent);
        });
  }

  @Test
  default void credentialsOfAProxyReachNoServer() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          var request =
              new Transport.Request(
                  server.uri(),
                  Map.of("Proxy-Authorization", List.of("Basic YTpi")),
                  "{}",
                  Duration.ZERO);
          assertEquals("head 200", exchange(transport, request, 1).next());
          String sent = server.requests().take();
          assertFalse(sent.toLowerCase(Locale.ROOT).contains("proxy-authorization"), sent);
        });
  }

  @Test
  default void anAddressThatIsNoneIsRefused() throws Exception {
    with(
        answering(CHUNKED + LAST_CHUNK),
        (transport, server) -> {
          for (String uri :
              List.of("ftp://localhost/", "/v1/chat", "http:///v1", "http://localhost:65536/")) {
            assertThrows(
                IllegalArgumentException.class,
                () -> transport.open(request(URI.create(uri), "{}"), new ReceivedExchange()),
                uri);
          }
        });
  }

  // ---------------------------------------------------------------- responses

  @Test
  default void headBodyAndEndArriveInOrder() throws Exception {
    with(
        answering(CHUNKED + chunk("one") + chunk("two") + LAST_CHUNK),
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals("text/event-stream", received.head().header("Content-Type"));
          assertEquals("onetwo", received.text(6));
          assertEquals("end", received.next());
          assertEquals(0, received.waiting());
        });
  }

  @Test
  default void bytesArriveBeforeTheNextAreSent() throws Exception {
    var next = new Semaphore(0);
    with(
        connection -> {
          connection.request();
          connection.send(CHUNKED);
          for (int i = 0; i < 50; i++) {
            next.acquire();
            connection.send(chunk("event " + (char) ('A' + i)));
          }
          next.acquire();
          connection.send(LAST_CHUNK);
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          for (int i = 0; i < 50; i++) {
            next.release();
            assertEquals("event " + (char) ('A' + i), received.text(7));
          }
          next.release();
          assertEquals("end", received.next());
        });
  }

  @Test
  default void everyFramingIsRead() throws Exception {
    var responses = new LinkedHashMap<String, String>();
    responses.put("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nonetwo", "onetwo|end");
    responses.put("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "|end");
    responses.put("HTTP/1.1 204 No Content\r\n\r\n", "|end");
    responses.put(CHUNKED + "3;x=\"y\"\r\none\r\n03\r\ntwo\r\n0\r\n\r\n", "onetwo|end");
    responses.put(CHUNKED + chunk("one") + "0\r\nX-Trailer: a\r\n\r\n", "one|end");
    responses.put("HTTP/1.1 200 OK\r\n\r\nonetwo", "onetwo|end");
    responses.put("HTTP/1.0 200 OK\r\n\r\nonetwo", "onetwo|end");
    responses.put("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "|end");
    for (var response : responses.entrySet()) {
      with(
          connection -> {
            connection.request();
            connection.send(response.getKey());
            connection.fin();
          },
          (transport, server) -> {
            var received = exchange(transport, server);
            String call = received.next();
            assertTrue(call.startsWith("head 20"), response.getKey());
            assertEquals(response.getValue(), received.rest(), response.getKey());
          });
    }
  }

  @Test
  default void aResponseMayComeByteByByte() throws Exception {
    String response =
        "HTTP/1.1 200 OK\r\nX-Two: a\r\nTransfer-Encoding: chunked\r\nx-two: b\r\n\r\n"
            + chunk("one")
            + chunk("two")
            + LAST_CHUNK;
    with(
        connection -> {
          connection.request();
          for (int i = 0; i < response.length(); i++) {
            connection.send(response.substring(i, i + 1));
          }
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals(List.of("a", "b"), received.head().headers().get("x-two"));
          assertEquals("onetwo|end", received.rest());
        });
  }

  @Test
  default void interimResponsesAreSkipped() throws Exception {
    with(
        answering(
            "HTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 102 Processing\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + CHUNKED
                + chunk("one")
                + LAST_CHUNK),
        (transport, server) -> {
          for (int i = 0; i < 2; i++) {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            assertEquals("one|end", received.rest());
          }
          assertEquals(1, server.connections());
        });
  }

  @Test
  default void aLongHeadIsRead() throws Exception {
    with(
        answering(
            "HTTP/1.1 200 OK\r\nX-Long: "
                + "a".repeat(60_000)
                + "\r\nContent-Length: 3\r\n\r\none"),
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals(60_000, received.head().header("x-long").length());
          assertEquals("one|end", received.rest());
        });
  }

  @Test
  default void aBodyWhoseEndIsNotClearFails() throws Exception {
    for (String fields :
        List.of(
            "Content-Length: 3\r\nContent-Length: 30",
            "Content-Length: -3",
            "Content-Length: +3",
            "Content-Length: three",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity")) {
      with(
          connection -> {
            connection.request();
            connection.send("HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\none");
            connection.fin();
          },
          (transport, server) -> neverStarts(exchange(transport, server), true));
    }
  }

  @Test
  default void everyStatusPassesAndNoRedirectIsFollowed() throws Exception {
    for (int status : new int[] {201, 301, 302, 307, 308, 400, 401, 403, 407, 429, 500, 503, 529}) {
      with(
          answering(
              "HTTP/1.1 "
                  + status
                  + " X\r\nLocation: /elsewhere\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}"),
          (transport, server) -> {
            var received = exchange(transport, server);
            assertEquals("head " + status, received.next());
            assertEquals("{}|end", received.rest());
            assertEquals(1, server.requests().size());
          });
    }
  }

  @Test
  default void aCompressedBodyIsPassedOnAsItIs() throws Exception {
    String bytes = "\u001f\u008b\b\0\0\0\0\0\0\u00ff";
    with(
        answering(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n" + bytes),
        (transport, server) -> {
          var received = exchange(transport, server);
          assertEquals("head 200", received.next());
          assertEquals("gzip", received.head().header("content-encoding"));
          assertEquals(bytes + "|end", received.rest());
        });
  }

  @Test
  default void whatIsNoHttpFails() throws Exception {
    for (String response : List.of("SSH-2.0-OpenSSH_9.6\r\n\r\n", "HTTP/9 200\r\n\r\n")) {
      with(
          connection -> {
            connection.request();
            connection.send(response);
            connection.fin();
          },
          (transport, server) -> neverStarts(exchange(transport, server), true));
    }
    for (String body : List.of("zz\r\none\r\n0\r\n\r\n", "3\r\nonetwo\r\n0\r\n\r\n")) {
      with(
          connection -> {
            connection.request();
            connection.send(CHUNKED + body);
            connection.fin();
          },
          (transport, server) -> {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            isLost(received, received.rest());
          });
    }
  }

  // ---------------------------------------------------------------- connections

  @Test
  default void aKeptConnectionServesTheNextRequest() throws Exception {
    with(
        answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"),
        (transport, server) -> {
          for (int i = 0; i < 20; i++) {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            assertEquals("one|end", received.rest());
          }
          assertEquals(1, server.connections());
        });
  }

  @Test
  default void whatFollowsAResponseAnswersNoOtherRequest() throws Exception {
    String more = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale";
    for (String first :
        List.of(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none",
            CHUNKED + chunk("one") + LAST_CHUNK,
            "HTTP/1.1 204 No Content\r\n\r\n")) {
      var answered = new AtomicBoolean();
      with(
          connection -> {
            while (!connection.request().isEmpty()) {
              connection.send(
                  answered.compareAndSet(false, true)
                      ? first + more
                      : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh");
            }
          },
          (transport, server) -> {
            var received = exchange(transport, server);
            assertTrue(received.next().startsWith("head 20"), first);
            assertTrue(received.rest().endsWith("|end"), first);
            for (int i = 0; i < 2; i++) {
              var next = exchange(transport, server);
              assertEquals("head 200", next.next(), first);
              assertEquals("fresh|end", next.rest(), first);
            }
          });
    }
  }

  @Test
  default void aConnectionThatTheServerClosesIsReplaced() throws Exception {
    with(
        connection -> {
          connection.request();
          connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\none");
          connection.fin();
        },
        (transport, server) -> {
          for (int i = 1; i <= 10; i++) {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            assertEquals("one|end", received.rest());
            assertEquals(i, server.connections());
          }
        });
  }

  @Test
  default void manyStreamsAtOnceDoNotMix() throws Exception {
    int streams = 200;
    var go = new CountDownLatch(1);
    with(
        connection -> {
          String request = connection.request();
          String own = request.substring(request.indexOf("\r\n\r\n") + 4);
          connection.send(CHUNKED + chunk(own));
          go.await();
          for (int i = 0; i < 20; i++) {
            connection.send(chunk(own));
          }
          connection.send(LAST_CHUNK);
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = new ArrayList<ReceivedExchange>();
          var seen = new HashSet<String>();
          for (int i = 0; i < streams; i++) {
            received.add(exchange(transport, request(server.uri(), "[" + i + "]"), Long.MAX_VALUE));
          }
          for (int i = 0; i < streams; i++) {
            assertEquals("head 200", received.get(i).next());
            seen.add(received.get(i).text(("[" + i + "]").length()));
          }
          assertEquals(streams, seen.size());
          go.countDown();
          for (int i = 0; i < streams; i++) {
            assertEquals(("[" + i + "]").repeat(20) + "|end", received.get(i).rest());
          }
        });
  }
}
