'use client';

import { useEffect, useRef, useState, type ReactNode } from 'react';

interface WhenNearProps {
  /** About as high as the children will be, so that the scroll bar does not jump. */
  heightPx: number;
  children: ReactNode;
}

/** Far below the window nothing is loaded or drawn; the children come before a reader scrolls to them, and stay. */
export function WhenNear({ heightPx, children }: WhenNearProps) {
  const place = useRef<HTMLDivElement>(null);
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    if (isNear || !place.current) return undefined;
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && setIsNear(true),
      { rootMargin: '600px 0px' },
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [isNear]);
  return isNear ? children : <div ref={place} style={{ height: heightPx }} />;
}
