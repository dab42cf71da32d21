/** {@code demo --cluster}: a gateway is killed in mid-sentence, and another continues. */
@NullMarked
package dev.holdfast.cli.cluster;

import org.jspecify.annotations.NullMarked;
