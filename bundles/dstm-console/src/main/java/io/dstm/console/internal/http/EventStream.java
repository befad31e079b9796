package io.dstm.console.internal.http;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One listener of the events. Nothing here waits for it: while it does not read, the latest event replaces the one before. */
final class EventStream implements WriteListener, AsyncListener {

    private final AsyncContext context;
    private final Consumer<EventStream> onEnd;
    private final ServletOutputStream out;
    private byte @Nullable [] latest;
    private boolean ready;
    private boolean ended;

    EventStream(AsyncContext context, Consumer<EventStream> onEnd) throws IOException {
        this.context = context;
        this.onEnd = onEnd;
        this.out = context.getResponse().getOutputStream();
    }

    /** Sends the first event. */
    synchronized void begin(byte[] event) {
        latest = event;
        context.addListener(this);
        out.setWriteListener(this);
    }

    /** Sends an event now, or when the listener reads again. */
    synchronized void send(byte[] event) {
        latest = event;
        if (ready) {
            write();
        }
    }

    /** Whether nothing can be sent any more. */
    synchronized boolean ended() {
        return ended;
    }

    private void write() {
        try {
            while (!ended && out.isReady()) {
                byte[] event = latest;
                if (event == null) {
                    ready = true;
                    return;
                }
                latest = null;
                out.write(event);
                if (out.isReady()) {
                    out.flush();
                }
            }
            ready = false;
        } catch (IOException | IllegalStateException gone) {
            end();
        }
    }

    @Override
    public synchronized void onWritePossible() {
        write();
    }

    @Override
    public void onError(Throwable failure) {
        end();
    }

    /** Ends the stream; the listener may come again. */
    void end() {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
        }
        onEnd.accept(this);
        try {
            context.complete();
        } catch (IllegalStateException overAlready) {
            // The container was first.
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        end();
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        end();
    }

    @Override
    public void onError(AsyncEvent event) {
        end();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        // There is no second round.
    }
}
