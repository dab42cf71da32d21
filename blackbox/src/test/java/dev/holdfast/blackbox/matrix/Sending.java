package dev.holdfast.blackbox.matrix;

import dev.holdfast.client.JdkTransport;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.netty.NettyTransport;
import javax.net.ssl.SSLContext;

/** By what the client sends: each promise holds over every transport. */
enum Sending {
  JDK {
    @Override
    Transport open() {
      return new JdkTransport();
    }

    @Override
    Transport trusting(SSLContext tls) {
      return new JdkTransport(tls);
    }
  },
  NETTY {
    @Override
    Transport open() {
      return new NettyTransport();
    }

    @Override
    Transport trusting(SSLContext tls) {
      return new NettyTransport(tls);
    }
  };

  /** {@return a transport for servers without TLS} */
  abstract Transport open();

  /** {@return a transport that trusts what a context trusts} */
  abstract Transport trusting(SSLContext tls);
}
