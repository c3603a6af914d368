import { StartPage } from '../features/account/start-page.tsx';

export default function Start() {
  return <StartPage />;
}
