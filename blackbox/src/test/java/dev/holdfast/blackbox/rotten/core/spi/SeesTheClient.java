package dev.holdfast.blackbox.rotten.core.spi;

import dev.holdfast.blackbox.rotten.client.SeesTheTestkit;

/** Breaks a rule on purpose; see ArchitectureTest. */
record SeesTheClient(SeesTheTestkit client) {}
