package dev.holdfast.core.guard;

import dev.holdfast.core.stream.Check;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A host that an operator allows besides the loopback names: a name, the names below a domain
 * ({@code *.monitoring.svc}), a range of addresses in CIDR notation ({@code 10.0.0.0/8}, {@code
 * fd00::/8}), or {@code *} for all. Immutable.
 */
final class HostPattern {
  private static final String RULE =
      "must be a name, *.DOMAIN, an address, a range such as 10.0.0.0/8, or *";

  private static final Pattern NAME = Pattern.compile("[a-z0-9._-]+(:([0-9]{1,5}|\\*))?");
  private static final Pattern BRACKETS = Pattern.compile("\\[[0-9a-f:]+](:([0-9]{1,5}|\\*))?");
  private static final Pattern BELOW = Pattern.compile("\\*(\\.[a-z0-9_-]+)+");
  private static final int BITS = 128;
  private static final int BITS_4 = 32;

  private final String text;
  private final byte @Nullable [] network;
  private final int prefix;

  private HostPattern(String text, byte @Nullable [] network, int prefix) {
    this.text = text;
    this.network = network;
    this.prefix = prefix;
  }

  /**
   * {@return the pattern that an operator wrote}
   *
   * @throws IllegalArgumentException "host: rule, was value" if it is none
   */
  static HostPattern of(String written) {
    String text = written.strip().toLowerCase(Locale.ROOT);
    int slash = text.indexOf('/');
    if (slash >= 0) {
      byte[] network = address(text.substring(0, slash));
      int most = network == null || network.length == 4 ? BITS_4 : BITS;
      int prefix = bits(text.substring(slash + 1));
      Check.that(network != null && prefix >= 0 && prefix <= most, "host", RULE, written);
      return new HostPattern(text, network, prefix);
    }
    // An address of version 6 needs no brackets here; in a request it has them.
    byte[] address = text.indexOf(':') == text.lastIndexOf(':') ? null : address(text);
    if (address != null) {
      return new HostPattern(text, address, BITS);
    }
    boolean known =
        text.equals("*")
            || NAME.matcher(text).matches()
            || BRACKETS.matcher(text).matches()
            || BELOW.matcher(text).matches();
    Check.that(known, "host", RULE, written);
    return new HostPattern(text, null, 0);
  }

  private static int bits(String text) {
    return text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : -1;
  }

  /**
   * {@return whether a request may name this host}
   *
   * @param host in lower case, with brackets around an address of version 6
   * @param port as named, or -1
   * @param own this server's port, or -1 for any
   */
  boolean allows(String host, int port, int own) {
    if (text.equals("*")) {
      return true;
    }
    if (network != null) {
      byte[] address = address(host);
      return address != null && address.length == network.length && isWithin(address, network);
    }
    if (text.startsWith("*.")) {
      String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
      return name.endsWith(text.substring(1)) && name.length() >= text.length();
    }
    if (text.equals(host + ":*") || text.equals(host + ":" + port)) {
      return true;
    }
    return text.equals(host) && (port < 0 || own < 0 || port == own);
  }

  private boolean isWithin(byte[] address, byte[] wanted) {
    int left = Math.min(prefix, 8 * wanted.length);
    for (int i = 0; left > 0; i++, left -= 8) {
      int mask = left >= 8 ? 0xff : 0xff << (8 - left);
      if (((address[i] ^ wanted[i]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  /** {@return 4 or 16 bytes of a literal address, with or without brackets; null if it is none} */
  static byte @Nullable [] address(String text) {
    boolean brackets = text.startsWith("[") && text.endsWith("]");
    String plain = brackets ? text.substring(1, text.length() - 1) : text;
    if (plain.indexOf(':') >= 0) {
      return version6(plain);
    }
    return brackets ? null : version4(plain);
  }

  private static byte @Nullable [] version4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return null;
    }
    var bytes = new byte[4];
    for (int i = 0; i < 4; i++) {
      // A leading zero is octal to some readers: such a spelling is no address here.
      if (!parts[i].matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(parts[i]) > 255) {
        return null;
      }
      bytes[i] = (byte) Integer.parseInt(parts[i]);
    }
    return bytes;
  }

  private static byte @Nullable [] version6(String text) {
    int gap = text.indexOf("::");
    if (gap != text.lastIndexOf("::")) {
      return null;
    }
    String[] head = groups(gap < 0 ? text : text.substring(0, gap));
    String[] tail = groups(gap < 0 ? "" : text.substring(gap + 2));
    int given = head.length + tail.length;
    if (gap < 0 ? given != 8 : given > 7) {
      return null;
    }
    var bytes = new byte[16];
    boolean whole = fill(bytes, head, 0) && fill(bytes, tail, 8 - tail.length);
    return whole ? bytes : null;
  }

  private static String[] groups(String text) {
    return text.isEmpty() ? new String[0] : text.split(":", -1);
  }

  private static boolean fill(byte[] bytes, String[] groups, int from) {
    for (int i = 0; i < groups.length; i++) {
      if (!groups[i].matches("[0-9a-f]{1,4}")) {
        return false;
      }
      int group = Integer.parseInt(groups[i], 16);
      bytes[2 * (from + i)] = (byte) (group >> 8);
      bytes[2 * (from + i) + 1] = (byte) group;
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HostPattern that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return network == null ? text : text + " " + Arrays.toString(network);
  }
}
