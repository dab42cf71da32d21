package dev.holdfast.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.security.Security;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * The names of this process, a few of which a test holds back: each {@code *.held.test} is the
 * loopback address, once its test allows that. All other names are the system's.
 */
public final class HeldNames extends InetAddressResolverProvider {
  private static final Map<String, Hold> HELD = new ConcurrentHashMap<>();

  /** Looks every name up anew, as a process does in which the last look-up was long ago. */
  public HeldNames() {
    Security.setProperty("networkaddress.cache.ttl", "0");
  }

  /** A name that is held back. */
  static final class Hold {
    /** Opens when the name is looked up. */
    final CountDownLatch asked = new CountDownLatch(1);

    /** Opened by the test. */
    final CountDownLatch answered = new CountDownLatch(1);
  }

  /** {@return a hold on a name, which was free before} */
  static Hold hold(String name) {
    var hold = new Hold();
    HELD.put(name, hold);
    return hold;
  }

  @Override
  public InetAddressResolver get(Configuration configuration) {
    var system = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        if (!host.endsWith(".held.test")) {
          return system.lookupByName(host, policy);
        }
        var hold = HELD.get(host);
        if (hold != null) {
          hold.asked.countDown();
          try {
            hold.answered.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnknownHostException(host);
          }
        }
        return Stream.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}));
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return system.lookupByAddress(address);
      }
    };
  }

  @Override
  public String name() {
    return "names that tests hold back";
  }
}
