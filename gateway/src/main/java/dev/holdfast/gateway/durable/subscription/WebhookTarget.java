package dev.holdfast.gateway.durable.subscription;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where webhooks may be sent: by TLS to public addresses, and in clear to this machine where the
 * gateway itself is reached from this machine only. Else a client could send the gateway into a
 * network that the client does not reach.
 */
final class WebhookTarget {
  private WebhookTarget() {}

  /** {@return why a URL cannot be a target; null if it can, as far as its text shows} */
  static @Nullable String complaint(String text, boolean local) {
    URI url;
    try {
      url = URI.create(text);
    } catch (IllegalArgumentException e) {
      return "webhook.url: must be a URL";
    }
    String host = url.getHost();
    String scheme = url.getScheme();
    if (host == null || scheme == null || url.getUserInfo() != null) {
      return "webhook.url: must be a URL with a host and without a user";
    }
    String name = host.toLowerCase(Locale.ROOT);
    boolean here = name.equals("localhost") || name.matches("127(\\.\\d{1,3}){3}");
    if (scheme.equalsIgnoreCase("http")) {
      return here && local ? null : "webhook.url: must use https, except for this machine";
    }
    if (!scheme.equalsIgnoreCase("https") || here) {
      return "webhook.url: must use https and name another machine";
    }
    boolean literal = name.startsWith("[") || name.matches("[0-9.]+");
    return literal && !isPublic(name) ? "webhook.url: must be a public address" : null;
  }

  /** {@return whether all addresses of a host are public; asks the name service} */
  static boolean isPublic(String host) {
    try {
      for (var address : InetAddress.getAllByName(host)) {
        if (!isPublic(address)) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean isTunnel(int first, int second) {
    return first == 0x20 && second == 0x02;
  }

  private static boolean isPublic(InetAddress address) {
    byte[] bytes = address.getAddress();
    int first = bytes[0] & 255;
    int second = bytes[1] & 255;
    boolean shared = bytes.length == 4 && first == 100 && second >= 64 && second < 128;
    boolean reserved = bytes.length == 4 && (first == 0 || first >= 240);
    // Those of 2000::/3 are public; 64:ff9b::/96 and 2002::/16 may lead to any address of IPv4.
    boolean other = bytes.length == 16 && ((first & 0xe0) != 0x20 || isTunnel(first, second));
    return !(shared
        || reserved
        || other
        || address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress());
  }
}
