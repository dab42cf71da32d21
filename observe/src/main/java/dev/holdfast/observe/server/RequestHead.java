package dev.holdfast.observe.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The head of a request, read strictly: what is not plain HTTP/1.x is refused.
 *
 * @param request what routes need of it
 * @param target as sent
 * @param headers all values of each header, by lower-case name
 */
record RequestHead(Request request, String target, Map<String, List<String>> headers) {
  /** Longest head, in bytes. */
  static final int MAX_BYTES = 16 * 1024;

  private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  /** A head that is refused, with its status. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;

    Refused(int status, String sentence) {
      super(sentence);
      this.status = status;
    }

    int status() {
      return status;
    }
  }

  /**
   * {@return the next head}
   *
   * @throws Refused if it is none that this server answers
   * @throws IOException if the connection broke or ended before the head did
   */
  static RequestHead read(InputStream in) throws IOException, Refused {
    String[] lines = text(in).split("\r?\n", -1);
    String[] words = lines[0].split(" ", -1);
    if (words.length != 3 || !TOKEN.matcher(words[0]).matches()) {
      throw new Refused(400, "request: must begin with method, target and version");
    }
    if (!words[2].equals("HTTP/1.1") && !words[2].equals("HTTP/1.0")) {
      throw new Refused(505, "version: must be HTTP/1.1 or HTTP/1.0");
    }
    if (!words[1].startsWith("/")) {
      throw new Refused(400, "target: must begin with a slash");
    }
    Map<String, String> last = new LinkedHashMap<>();
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon < 0 || !TOKEN.matcher(lines[i].substring(0, colon)).matches()) {
        throw new Refused(400, "headers: must have a name and a colon");
      }
      String name = lines[i].substring(0, colon).toLowerCase(Locale.ROOT);
      String content = lines[i].substring(colon + 1).strip();
      String before = last.put(name, content);
      headers.computeIfAbsent(name, key -> new ArrayList<>()).add(content);
      if (before != null && (name.equals("host") || name.equals("origin"))) {
        throw new Refused(400, name + ": must be there once");
      }
    }
    if (last.containsKey("transfer-encoding")
        || !last.getOrDefault("content-length", "0").equals("0")) {
      throw new Refused(413, "body: must be empty");
    }
    int question = words[1].indexOf('?');
    String path = question < 0 ? words[1] : words[1].substring(0, question);
    String query = question < 0 ? "" : words[1].substring(question + 1);
    return new RequestHead(new Request(words[0], decoded(path), query, last), words[1], headers);
  }

  /** Leaves out the headers and the query, which may hold secrets. */
  @Override
  public String toString() {
    return "RequestHead[" + request + "]";
  }

  /** {@return the head without the blank line that ends it} */
  private static String text(InputStream in) throws IOException, Refused {
    var head = new StringBuilder(256);
    int newLines = 0;
    while (newLines < 2) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("connection: must bring a head, ended");
      }
      if (head.length() == MAX_BYTES) {
        throw new Refused(431, "head: must be at most " + MAX_BYTES + " bytes");
      }
      if (next == 0 || next >= 0x7f) {
        throw new Refused(400, "head: must be ASCII");
      }
      head.append((char) next);
      if (next == '\n') {
        newLines++;
      } else if (next != '\r') {
        newLines = 0;
      }
    }
    return head.toString().replaceAll("(\r?\n){2}$", "");
  }

  private static String decoded(String path) throws Refused {
    try {
      // A plus sign is itself in a path.
      return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new Refused(400, "target: must be percent-encoded rightly");
    }
  }
}
