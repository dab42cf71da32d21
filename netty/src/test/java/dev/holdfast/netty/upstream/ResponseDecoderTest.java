package dev.holdfast.netty.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses in any pieces read the same; what is no response is refused. */
class ResponseDecoderTest {
  private static final String CHUNKED =
      "HTTP/1.1 100 Continue~~HTTP/1.1 200 OK~A: 1~A:2~Transfer-Encoding: chunked~~"
          + "5;x=\"y\"~hello~a~0123456789~000~T: 3~~";

  /** What a decoder reports, as lines. */
  private static final class Seen implements ResponseDecoder.Sink {
    final List<String> lines = new ArrayList<>();
    final StringBuilder body = new StringBuilder();
    int pieces;

    @Override
    public void head(HttpResponse head) {
      lines.add(head.status().code() + " " + head.headers().entries());
    }

    @Override
    public void body(ByteBuf bytes) {
      pieces++;
      body.append(bytes.toString(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void end(HttpHeaders trailers) {
      lines.add("end " + trailers.entries());
    }

    @Override
    public void broken(String why) {
      lines.add("broken " + why);
    }

    @Override
    public boolean isOver() {
      return false;
    }
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text.replace("~", "\r\n"), StandardCharsets.ISO_8859_1);
  }

  /**
   * {@return what is reported of a text in pieces of so many bytes, and whether more may follow}
   */
  private static String read(String text, int size, boolean forHead) {
    var seen = new Seen();
    var decoder = new ResponseDecoder(seen);
    decoder.begin(forHead);
    ByteBuf all = bytes(text);
    while (all.isReadable()) {
      ByteBuf piece = all.readSlice(Math.min(size, all.readableBytes()));
      decoder.read(piece, Unpooled.buffer());
      if (piece.isReadable()) {
        seen.lines.add("left");
        break;
      }
    }
    return seen.lines + " " + seen.body + (decoder.isReusable() ? " kept" : "");
  }

  @Test
  void anyPiecesReadTheSame() {
    String whole = read(CHUNKED, Integer.MAX_VALUE, false);
    assertThat(whole)
        .isEqualTo("[200 [A=1, A=2, Transfer-Encoding=chunked], end [T=3]] hello0123456789 kept");
    for (int size = 1; size < 40; size++) {
      assertThat(read(CHUNKED, size, false)).as("pieces of %d", size).isEqualTo(whole);
    }
  }

  /** A provider sends one chunk for each event; the machine shall not be asked for each. */
  @Test
  void theChunksOfOneReadAreOnePiece() {
    var seen = new Seen();
    var decoder = new ResponseDecoder(seen);
    decoder.begin(false);
    decoder.read(bytes(CHUNKED), Unpooled.buffer());
    assertThat(seen.pieces).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK~Content-Length: 2~Content-Length: 3~~ab",
        "HTTP/1.1 200 OK~Content-Length: +2~~ab",
        "HTTP/1.1 200 OK~Content-Length: 9999999999999999999~~ab",
        "HTTP/1.1 200 OK~Transfer-Encoding: gzip, chunked~~0~~",
        "HTTP/1.1 200 OK~Transfer-Encoding: chunked~Transfer-Encoding: chunked~~0~~",
        "HTTP/1.1 200 OK~A: 1~ folded~Content-Length: 0~~",
        "HTTP/1.1 200 OK~no colon~~",
        "HTTP/1.1 200 OK~: empty~~",
        "HTTP/1.1 200 OK~A B: 1~~",
        "HTTP/1.1 200 OK~A : 1~~",
        "HTTP/1.1  200 OK~~",
        "HTTP/2 200~~",
        "HTTP/1.1 20 OK~~",
        "HTTP/1.1 101 Switching~~",
        "~HTTP/1.1 200 OK~~",
        "SSH-2.0-x~~",
      })
  void whatIsNoResponseIsRefusedInTheHead(String text) {
    assertThat(read(text, Integer.MAX_VALUE, false)).startsWith("[broken ");
    assertThat(read(text, 1, false)).startsWith("[broken ").doesNotContain("kept");
  }

  @Test
  void aServerThatNeverComesToItsResponseIsNamed() {
    String interim = "HTTP/1.1 103 Early Hints~Link: </a>~~";
    String last = "HTTP/1.1 200 OK~Content-Length: 0~~";
    assertThat(read(interim.repeat(32) + last, Integer.MAX_VALUE, false)).startsWith("[200 ");
    assertThat(read(interim.repeat(33) + last, Integer.MAX_VALUE, false))
        .startsWith("[broken more than 32 interim heads (1xx) came before the response");
    assertThat(read("HTTP/1.1 101 Switching~Upgrade: x~~", Integer.MAX_VALUE, false))
        .startsWith("[broken the server switched to another protocol, which it was not asked for");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x~ab",
        "-2~ab",
        "0x2~ab",
        "~ab",
        " 2~ab",
        "2\nab",
        "2~abc~",
        "2~ab\n0~~",
        "2~ab0~~",
        "1111111111111111~ab",
        "2\r;~ab",
        "0~broken trailer~~",
      })
  void brokenChunksAreRefused(String body) {
    String text = "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~" + body;
    for (int size : new int[] {1, 2, 3, Integer.MAX_VALUE}) {
      assertThat(read(text, size, false))
          .contains("broken the chunked encoding is broken")
          .doesNotContain("kept")
          .doesNotContain("end ");
    }
  }

  /** What arrived before the damage reaches the machine. */
  @Test
  void theBytesBeforeABrokenChunkPass() {
    assertThat(
            read("HTTP/1.1 200 OK~Transfer-Encoding: chunked~~2~ab~x~", Integer.MAX_VALUE, false))
        .endsWith(" ab");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 204 No~~ | false | kept",
        "HTTP/1.1 304 Same~Content-Length: 5~~ | false | kept",
        "HTTP/1.1 200 OK~Content-Length: 5~~ | true | kept",
        "HTTP/1.1 200 OK~Content-Length: 0~~ | false | kept",
        "HTTP/1.1 200 OK~Content-Length: 1~~a | false | kept",
        "HTTP/1.1 200 OK~Content-Length: 1, close~~a | false | broken",
        "HTTP/1.1 200 OK~Content-Length: 1~Connection: x, Close~~a | false | end",
        "HTTP/1.0 200 OK~Content-Length: 1~~a | false | end",
        "HTTP/1.1 200 OK~Content-Length: 1~Transfer-Encoding: chunked~~0~~ | false | end",
        "HTTP/1.1 200 OK~Content-Length: 1~~ab | false | left",
      })
  void onlyCleanEndsKeepTheConnection(String text, boolean forHead, String expected) {
    String read = read(text, Integer.MAX_VALUE, forHead);
    if (expected.equals("kept") || expected.equals("left")) {
      assertThat(read).contains("end ", expected.equals("kept") ? " kept" : "left");
    } else {
      assertThat(read).contains(expected).doesNotContain("kept");
    }
  }

  @Test
  void headsAndInterimResponsesAreBounded() {
    assertThat(read("HTTP/1.1 200 OK~A: " + "x".repeat(70_000), 1000, false))
        .contains("broken the head is too long");
    assertThat(read("HTTP/1.1 100 Continue~~".repeat(40), 1000, false)).contains("broken ");
    String trailers = "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~0~" + "A: b~".repeat(20_000);
    assertThat(read(trailers, 1000, false)).contains("broken ");
    String extension = "HTTP/1.1 200 OK~Transfer-Encoding: chunked~~1;" + "x".repeat(10_000);
    assertThat(read(extension, 1000, false)).contains("broken ");
  }
}
