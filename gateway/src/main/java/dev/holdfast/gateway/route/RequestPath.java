package dev.holdfast.gateway.route;

import dev.holdfast.core.guard.Redactor;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The path and query of a request, checked once: every decision about a request reads this object.
 * Both are kept as they were sent.
 *
 * @param path begins with a slash
 * @param query without its question mark; empty if there is none
 */
public record RequestPath(String path, String query) {
  private static final Pattern ABSOLUTE =
      Pattern.compile("https?://[^/?#]*", Pattern.CASE_INSENSITIVE);

  private static final Pattern BEFORE_PATH = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*");

  /** Where a query begins or a fragment does, or what a server may take for one. */
  private static final Pattern AFTER_PATH = Pattern.compile("[?#]|%(?:25)*(?:3f|23)");

  /** Letters, digits and marks of RFC 3986 section 3.3, and percent escapes. */
  private static final Pattern PATH =
      Pattern.compile("(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})+");

  private static final Pattern QUERY =
      Pattern.compile("(?:[!$-;=?-Z_a-z~\\[\\]]|%[0-9A-Fa-f]{2})*");

  /** What a decoder that runs twice, or takes a backslash for a slash, would climb up by. */
  private static final Pattern ENCODED_DOTS_OR_CONTROLS =
      Pattern.compile("%(?:2e|5c|25|[01][0-9a-f]|7f)", Pattern.CASE_INSENSITIVE);

  /**
   * {@return the path of a target}
   *
   * @param target in origin form, or in absolute form, whose host was checked before
   * @throws IllegalArgumentException "path: rule"
   */
  public static RequestPath of(String target) {
    if (isPlain(target)) {
      return new RequestPath(target, "");
    }
    String rest = target;
    var absolute = ABSOLUTE.matcher(target);
    if (absolute.lookingAt()) {
      rest = target.substring(absolute.end());
      rest = rest.startsWith("/") ? rest : "/" + rest;
    }
    int mark = rest.indexOf('?');
    String path = mark < 0 ? rest : rest.substring(0, mark);
    String query = mark < 0 ? "" : rest.substring(mark + 1);
    if (!path.startsWith("/") || !PATH.matcher(path).matches()) {
      throw new IllegalArgumentException("path: must be one of RFC 3986");
    }
    if (path.contains("//")) {
      throw new IllegalArgumentException("path: must not have empty segments");
    }
    if (ENCODED_DOTS_OR_CONTROLS.matcher(path).find()) {
      throw new IllegalArgumentException(
          "path: must not encode dots, percent signs, backslashes or control characters");
    }
    for (String segment : path.substring(1).split("[/;]|%2[fF]", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        throw new IllegalArgumentException("path: must not have dot segments");
      }
    }
    if (!QUERY.matcher(query).matches()) {
      throw new IllegalArgumentException("query: must be one of RFC 3986");
    }
    return new RequestPath(path, query);
  }

  /**
   * {@return whether a target needs no closer look: words apart by single slashes, without a dot at
   * the beginning of one}
   */
  private static boolean isPlain(String target) {
    if (!target.startsWith("/")) {
      return false;
    }
    boolean begins = true;
    for (int i = 1; i < target.length(); i++) {
      char c = target.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
      boolean mark = c == '_' || c == '-' || c == ':';
      boolean inner = !begins && (c == '/' || c == '.');
      if (!letter && !mark && !inner) {
        return false;
      }
      begins = c == '/';
    }
    return true;
  }

  /** {@return whether a query parameter has this value} */
  public boolean asks(String name, String value) {
    for (String pair : query.split("&", -1)) {
      if (pair.equals(name + "=" + value)) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return the path of a target that is refused, for a log} It has no query, no host and no key
   * of a provider's shape. Empty where the target has no path.
   */
  public static String shown(String target) {
    var before = BEFORE_PATH.matcher(target);
    String rest = before.lookingAt() ? target.substring(before.end()) : target;
    var after = AFTER_PATH.matcher(rest.toLowerCase(Locale.ROOT));
    String path = after.find() ? rest.substring(0, after.start()) : rest;
    return path.startsWith("/") || path.equals("*") ? Redactor.SHAPES.text(path) : "";
  }

  /** {@return path and query as they were sent} */
  public String toTarget() {
    return query.isEmpty() ? path : path + "?" + query;
  }

  /** {@return the path alone: a query may hold a key} */
  @Override
  public String toString() {
    return path;
  }
}
