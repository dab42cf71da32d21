package dev.holdfast.core.guard;

import java.util.ArrayList;
import java.util.List;

/** Addresses as they may be shown. */
public final class SafeUrl {
  private static final int MAX = 500;

  private SafeUrl() {}

  /**
   * {@return the address without user, fragment, the values of parameters that may be secret, and
   * anything that has the shape of a key} Text without a scheme is not shown, since it may be a
   * key. Never throws, since it is for addresses that are wrong, too.
   */
  public static String of(String address) {
    String text = address.strip();
    int authority = text.indexOf("://");
    if (authority < 0) {
      return Redactor.REMOVED;
    }
    return Redactor.SHAPES.text(reference(text));
  }

  /** {@return a request target or a relative reference as it may be shown} */
  public static String target(String target) {
    return Redactor.SHAPES.text(reference(target));
  }

  private static String reference(String text) {
    int fragment = text.indexOf('#');
    String bare = fragment < 0 ? text : text.substring(0, fragment);
    int question = bare.indexOf('?');
    String path = withoutUser(question < 0 ? bare : bare.substring(0, question));
    String shown = question < 0 ? path : path + "?" + query(bare.substring(question + 1));
    return shown.length() <= MAX ? shown : shown.substring(0, MAX) + "...";
  }

  /** The user ends at the last at-sign: passwords may hold slashes that were not encoded. */
  private static String withoutUser(String text) {
    int authority = text.indexOf("://");
    int at = text.lastIndexOf('@');
    if (authority < 0) {
      return text.replaceFirst("^[^/@\\s]*:[^@\\s]*@", "");
    }
    if (at < authority) {
      return text;
    }
    int slash = text.indexOf('/', authority + 3);
    String user = text.substring(authority + 3, at);
    // An at-sign after the host belongs to the path, unless a password precedes it.
    boolean inPath =
        slash >= 0 && slash < at && !user.substring(0, slash - authority - 3).contains(":");
    return inPath ? text : text.substring(0, authority + 3) + text.substring(at + 1);
  }

  /** {@return a query whose values are shown where the name is known to be harmless} */
  static String query(String raw) {
    List<String> kept = new ArrayList<>();
    for (String pair : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      boolean shown = equals < 0 ? pair.isEmpty() : SecretNames.isHarmlessParameter(name);
      kept.add(shown ? pair : equals < 0 ? Redactor.REMOVED : name + "=" + Redactor.REMOVED);
    }
    return String.join("&", kept);
  }
}
