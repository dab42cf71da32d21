package dev.holdfast.gateway;

import dev.holdfast.gateway.config.ListenConfig;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Set;
import java.util.TreeSet;

/** The names under which a gateway answers besides those of loopback. */
final class OwnNames {
  private OwnNames() {}

  /** {@return the configured names, and the addresses that it listens at} */
  static Set<String> of(ListenConfig listen) {
    var names = new TreeSet<>(listen.names());
    var address = listen.address();
    if (address.isAnyLocalAddress()) {
      try {
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .forEach(local -> names.add(literal(local)));
      } catch (SocketException e) {
        // Then only the configured names remain.
      }
    } else if (!address.isLoopbackAddress()) {
      names.add(literal(address));
    }
    return names;
  }

  private static String literal(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    String host = zone < 0 ? text : text.substring(0, zone);
    return host.contains(":") ? "[" + host + "]" : host;
  }
}
