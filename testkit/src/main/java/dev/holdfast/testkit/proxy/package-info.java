/** A proxy in front of a real server that cuts its answers. */
@NullMarked
package dev.holdfast.testkit.proxy;

import org.jspecify.annotations.NullMarked;
