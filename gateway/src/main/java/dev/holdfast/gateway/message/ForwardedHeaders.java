package dev.holdfast.gateway.message;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which headers pass. The lists are open: what is not named here passes, as clients and providers
 * add headers with each release. Removed are the headers of one connection (RFC 9110 section
 * 7.6.1), {@code Host}, and cookies, which browsers share between all servers of a machine.
 */
public final class ForwardedHeaders {
  private static final Set<String> OF_A_CONNECTION =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final Set<String> NOT_OF_REQUESTS =
      Set.of("host", "expect", "cookie", "content-length");

  private static final Set<String> NOT_OF_RESPONSES =
      Set.of("set-cookie", "content-length", "alt-svc");

  /**
   * What decides about a message before its body: framing, routing, conditions, the form of the
   * body (RFC 9110 section 6.5.1). A server that merges trailers into the head would read it anew.
   */
  private static final Set<String> NOT_OF_TRAILERS =
      Set.of(
          "alt-svc",
          "age",
          "cache-control",
          "content-encoding",
          "content-length",
          "content-range",
          "content-type",
          "cookie",
          "date",
          "expect",
          "expires",
          "host",
          "if-match",
          "if-modified-since",
          "if-none-match",
          "if-range",
          "if-unmodified-since",
          "location",
          "max-forwards",
          "pragma",
          "range",
          "retry-after",
          "set-cookie",
          "vary",
          "warning",
          "www-authenticate");

  private ForwardedHeaders() {}

  /** {@return the headers of a client's request that go upstream; the framing is not among them} */
  public static HttpHeaders upstream(HttpHeaders request) {
    return copy(request, NOT_OF_REQUESTS);
  }

  /** {@return the headers of a response that go to the client; the framing is not among them} */
  public static HttpHeaders client(HttpHeaders response) {
    return copy(response, NOT_OF_RESPONSES);
  }

  /** {@return trailers that pass, of a request or a response; no credential is among them} */
  public static HttpHeaders trailers(HttpHeaders trailers) {
    if (trailers.isEmpty()) {
      return trailers;
    }
    var passing = copy(trailers, NOT_OF_TRAILERS);
    for (String name : List.copyOf(passing.names())) {
      if (Credentials.isCredential(name)) {
        passing.remove(name);
      }
    }
    return passing;
  }

  private static HttpHeaders copy(HttpHeaders from, Set<String> removed) {
    Set<String> named = named(from);
    var to = new DefaultHttpHeaders();
    var lines = from.iteratorAsString();
    while (lines.hasNext()) {
      var line = lines.next();
      String name = line.getKey().toLowerCase(Locale.ROOT);
      if (!OF_A_CONNECTION.contains(name) && !removed.contains(name) && !named.contains(name)) {
        to.add(line.getKey(), line.getValue());
      }
    }
    return to;
  }

  /** {@return the headers that {@code Connection} names as those of one connection} */
  private static Set<String> named(HttpHeaders from) {
    if (!from.contains("connection")) {
      return Set.of();
    }
    var named = new HashSet<String>();
    for (String line : from.getAll("connection")) {
      for (String token : line.split(",", -1)) {
        named.add(token.strip().toLowerCase(Locale.ROOT));
      }
    }
    return named;
  }

  /** {@return all values of each header, by lower-case name} */
  public static Map<String, List<String>> map(HttpHeaders headers) {
    var map = new TreeMap<String, List<String>>();
    var lines = headers.iteratorAsString();
    while (lines.hasNext()) {
      var line = lines.next();
      map.computeIfAbsent(line.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
          .add(line.getValue());
    }
    return map;
  }
}
