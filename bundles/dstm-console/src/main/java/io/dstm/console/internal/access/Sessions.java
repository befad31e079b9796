package io.dstm.console.internal.access;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Who is logged in, by an unguessable token. Bounded in number and time; the longest unused goes first. */
public final class Sessions {

    private static final int MOST = 1_000;
    private static final int TOKEN_BYTES = 32;

    private final SecureRandom random = new SecureRandom();
    private final LongSupplier steadyMillis;
    private final Map<String, Session> sessions = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Session> eldest) {
            return size() > MOST;
        }
    };

    private long idleMillis;
    private long lengthMillis;

    /** Sessions that end after {@code idleMillis} without a request, and after {@code lengthMillis} in any case. */
    public Sessions(LongSupplier steadyMillis, long idleMillis, long lengthMillis) {
        this.steadyMillis = steadyMillis;
        this.idleMillis = idleMillis;
        this.lengthMillis = lengthMillis;
    }

    /** Takes over other limits, for sessions that are there too. */
    public synchronized void limit(long wantedIdleMillis, long wantedLengthMillis) {
        idleMillis = wantedIdleMillis;
        lengthMillis = wantedLengthMillis;
    }

    /** Begins a session and returns its token. */
    public synchronized String begin(Person person) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        sessions.put(token, new Session(person, steadyMillis.getAsLong()));
        return token;
    }

    /** Who has this token; asking counts as a use. */
    public synchronized Optional<Person> find(String token) {
        Session session = sessions.get(token);
        if (session == null) {
            return Optional.empty();
        }
        long now = steadyMillis.getAsLong();
        if (now - session.usedMillis >= idleMillis || now - session.beganMillis >= lengthMillis) {
            sessions.remove(token);
            return Optional.empty();
        }
        session.usedMillis = now;
        return Optional.of(session.person);
    }

    /** Ends a session. */
    public synchronized void end(String token) {
        sessions.remove(token);
    }

    /** Ends every session. */
    public synchronized void endAll() {
        sessions.clear();
    }

    private static final class Session {
        private final Person person;
        private final long beganMillis;
        private long usedMillis;

        private Session(Person person, long beganMillis) {
            this.person = person;
            this.beganMillis = beganMillis;
            this.usedMillis = beganMillis;
        }
    }
}
