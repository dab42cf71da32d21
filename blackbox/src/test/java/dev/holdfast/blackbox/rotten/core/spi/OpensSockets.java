package dev.holdfast.blackbox.rotten.core.spi;

import java.net.Socket;

/** Breaks a rule on purpose; see ArchitectureTest. */
record OpensSockets(Socket socket) {}
