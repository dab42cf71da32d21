package dev.holdfast.gateway.route;

import dev.holdfast.gateway.config.UpstreamConfig;
import java.util.regex.Pattern;

/**
 * Where requests go at an upstream. Scheme, host, port and the path's beginning are the operator's;
 * no part of a request changes them.
 */
public final class UpstreamAddress {
  private static final Pattern VERSION = Pattern.compile("v\\d+((alpha|beta)\\d*)?");

  private UpstreamAddress() {}

  /**
   * {@return the target of a client's own request}
   *
   * <p>A client's base URL may end in the version or before it, and so may the operator's. The
   * version is neither lost nor doubled: where the operator's address has one, it replaces the
   * client's.
   */
  public static String of(UpstreamConfig upstream, ClientProtocol front, RequestPath request) {
    String base = trimmed(upstream);
    String path = request.path();
    int second = path.indexOf('/', 1);
    boolean versioned = second > 0 && isVersion(path.substring(1, second));
    String query = request.query().isEmpty() ? "" : "?" + request.query();
    if (front.family() != upstream.family()) {
      base = root(base); // Its version is that of another protocol.
    }
    if (endsWithVersion(base)) {
      return base + (versioned ? path.substring(second) : path) + query;
    }
    if (base.endsWith("/api") && path.startsWith("/api/")) {
      return base + path.substring("/api".length()) + query;
    }
    boolean implied =
        !versioned && front.dialect() != null && front.family() != UpstreamConfig.Family.OLLAMA;
    return base + (implied ? "/" + version(front) : "") + path + query;
  }

  /**
   * {@return the target of a request that the gateway makes}
   *
   * @param path as {@code ProviderRequest.path} has it: below the version, or from the root if it
   *     begins with a slash
   */
  public static String of(UpstreamConfig upstream, String version, String path) {
    String base = trimmed(upstream);
    if (path.startsWith("/")) {
      return root(base) + path;
    }
    return base + (endsWithVersion(base) ? "/" : "/" + version + "/") + path;
  }

  private static String root(String base) {
    String root = base;
    while (endsWithVersion(root) || root.endsWith("/api")) {
      root = root.substring(0, root.lastIndexOf('/'));
    }
    return root;
  }

  private static String version(ClientProtocol front) {
    return front.family() == UpstreamConfig.Family.GOOGLE ? "v1beta" : "v1";
  }

  private static String trimmed(UpstreamConfig upstream) {
    String path = upstream.base().getRawPath();
    if (path == null) {
      return "";
    }
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }

  private static boolean endsWithVersion(String path) {
    return isVersion(path.substring(path.lastIndexOf('/') + 1));
  }

  private static boolean isVersion(String segment) {
    return segment.startsWith("v") && VERSION.matcher(segment).matches();
  }
}
